import { expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../define-tool.ts";
import { toolContext } from "../tools/tool-context.fixture.ts";
import { Interruption } from "./interruption.ts";
import { prepareCall, runCall } from "./run-call.ts";

type Seen = { atOnce: boolean; later: boolean };

/** Looks at its signal when it begins, unless it is to look late, and again when it is woken. */
async function run({ late, timeoutMs }: { late: boolean; timeoutMs: number }, outer = new AbortController()) {
  const seen: Seen = { atOnce: false, later: false };
  const woken = Promise.withResolvers<void>();
  const looked = Promise.withResolvers<void>();
  const tool = defineTool({
    name: "look",
    description: "Looks at its signal.",
    input: z.strictObject({}),
    effect: "read",
    timeoutMs,
    async run(_, ctx) {
      if (!late) {
        seen.atOnce = ctx.signal.aborted;
        ctx.signal.addEventListener("abort", () => woken.resolve());
      }
      await woken.promise;
      seen.later = ctx.signal.aborted;
      looked.resolve();
      return "looked";
    },
  });
  const call = { id: "c1", tool: "look", input: {}, started: true, unfit: undefined, key: "m1.c1" };
  const prepared = prepareCall(call, new Map([["look", tool]]));
  if ("type" in prepared) throw new Error("not prepared");
  const outcome = runCall(prepared, toolContext({ signal: outer.signal }), 0);
  return { outcome, seen, wake: woken.resolve, looked: looked.promise };
}

it("tells a tool that listens that its time is up", async () => {
  const { outcome, seen, looked } = await run({ late: false, timeoutMs: 1 });
  expect(await outcome).toMatchObject({
    isIll: true,
    outcome: { data: { error: { code: "tool_timeout" } } },
  });
  await looked;
  expect(seen).toEqual({ atOnce: false, later: true });
});

it("shows an aborted signal to a tool that looks for the first time when its time is up", async () => {
  const { outcome, seen, wake, looked } = await run({ late: true, timeoutMs: 1 });
  await outcome;
  wake();
  await looked;
  expect(seen.later).toBe(true);
});

it("breaks a tool off with the run, for the run's own reason", async () => {
  const outer = new AbortController();
  const { outcome, seen, looked } = await run({ late: false, timeoutMs: 60_000 }, outer);
  const reason = new Interruption("shutdown");
  outer.abort(reason);
  await expect(outcome).rejects.toBe(reason);
  await looked;
  expect(seen).toEqual({ atOnce: false, later: true });
});
