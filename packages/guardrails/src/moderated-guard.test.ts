/** A moderator over real HTTP, and everything that may be wrong with one. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { GuardPolicy } from "@pawl/protocol";
import { afterAll, describe, expect, it } from "vitest";
import { isUncertain, type Moderator, scoreContent } from "./content/index.ts";
import { createGuard } from "./create-guard.ts";
import { createModeratedGuard } from "./moderated-guard.ts";

let answer: (response: ServerResponse, text: string) => void = (response) => response.end("{}");
let asked: string[] = [];
const server = createServer((request, response) => {
  let text = "";
  request.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  request.on("end", () => {
    asked.push(text);
    answer(response, text);
  });
});
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const moderate: Moderator = async (text, signal) => {
  const response = await fetch(url, { method: "POST", body: text, signal });
  return response.json() as ReturnType<Moderator>;
};

const plain = "Beat the eggs, fold in the flour and bake the cake for forty minutes.";
const doubtful = "He pushed the man against the wall and shouted at him.";
const input = { direction: "input" } as const;
const always: GuardPolicy = { content: { moderator: "always" } };

const saying = (body: unknown) => {
  asked = [];
  answer = (response) => response.end(JSON.stringify(body));
};

describe("a moderated guard", () => {
  it("takes the scores that the moderator gives, and keeps its own of what it leaves out", async () => {
    saying({ violence: 0.99, unheard_of: 2 });
    const guard = createModeratedGuard({ moderate }, always);
    const verdict = await guard.checkFully(plain, input);
    expect(verdict.action).toBe("block");
    expect(verdict.findings).toContainEqual({
      guard: "content",
      category: "violence",
      score: 0.99,
      action: "block",
    });
    const others = ({ findings }: typeof verdict) =>
      findings.filter(({ category }) => category !== "violence");
    expect(others(verdict)).toEqual(others(guard.check(plain, input)));
    expect(asked).toEqual([plain]);
  });

  it("asks of doubtful texts alone where the policy says so, and of none where it says nothing", async () => {
    expect([plain, doubtful].map((text) => isUncertain(scoreContent(text)))).toEqual([false, true]);
    saying({ violence: 0.99 });
    const uncertain = createModeratedGuard({ moderate }, always, { content: { moderator: "uncertain" } });
    const quiet = createModeratedGuard({ moderate });
    for (const text of [plain, doubtful]) {
      await uncertain.checkFully(text, input);
      expect(await quiet.checkFully(text, input)).toEqual(createGuard().check(text, input));
    }
    expect(asked).toEqual([doubtful]);
  });

  it("asks nothing where the guard of content is off", async () => {
    saying({ violence: 0.99 });
    const guard = createModeratedGuard({ moderate }, always);
    expect((await guard.checkFully(plain, { direction: "tool" })).findings).toEqual([]);
    expect(asked).toEqual([]);
  });
});

describe("the verdict stands as it was", () => {
  const stands = async (moderation: Parameters<typeof createModeratedGuard>[0]) => {
    const guard = createModeratedGuard(moderation, always);
    expect(await guard.checkFully(doubtful, input)).toEqual(guard.check(doubtful, input));
  };

  it.each([[], null, "violence", { violence: 2 }, { violence: "0.9" }, { violence: -1 }, { violence: null }])(
    "where the moderator says %j",
    async (body) => {
      saying(body);
      await stands({ moderate });
      expect(asked).toHaveLength(1);
    },
  );

  it("where it does not answer in time, and its request is given up", async () => {
    const gone = Promise.withResolvers<void>();
    answer = (response) => response.on("close", gone.resolve);
    await stands({ moderate, timeoutMs: 30 });
    await gone.promise;
  });

  it("where it answers no JSON, rejects, throws, or never hears its signal", async () => {
    answer = (response) => response.end("<html>");
    await stands({ moderate });
    await stands({ moderate: () => Promise.reject(new Error("no")) });
    await stands({
      moderate: () => {
        throw new Error("no");
      },
    });
    await stands({ moderate: () => new Promise(() => {}), timeoutMs: 20 });
  });

  it("where too many wait for it", async () => {
    saying({});
    let open = 0;
    let most = 0;
    const slow: Moderator = async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((soon) => setImmediate(soon));
      open -= 1;
      return {};
    };
    const guard = createModeratedGuard({ moderate: slow }, always);
    await Promise.all(Array.from({ length: 300 }, () => guard.checkFully(plain, input)));
    expect(most).toBe(100);
  });
});
