// The brain by itself: which calls it makes for a task, with what, and what it says in the end.

import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { MessageRequest } from "../message-request.ts";
import { ordersPage, parseInput, supportTools } from "./support-tools.fixture.ts";
import { think } from "./think.ts";

type Said = { name: string; input: Record<string, unknown> };
type Run = { calls: Said[]; turns: number; answer: string };
type Options = {
  system?: string;
  results?: Record<string, (input: Record<string, unknown>, nth: number) => string | { error: string }>;
  extra?: Record<string, unknown>;
  maxTurns?: number;
};

const results: NonNullable<Options["results"]> = {
  query_orders: ({ cursor }) => ordersPage(cursor),
  calculator: () => "84",
  current_time: () => JSON.stringify({ utc: "2026-11-22T16:00:00Z", weekday: "Sunday" }),
};

/** Plays the client's loop until the brain answers without a call. */
function run(
  task: string | readonly object[],
  { system = "You are a support agent.", ...options }: Options = {},
): Run {
  const messages: object[] = [{ role: "user", content: task }];
  const made: Said[] = [];
  for (let turn = 1; turn <= (options.maxTurns ?? 12); turn += 1) {
    const request = MessageRequest.parse({
      model: "claude-sonnet-5-5",
      max_tokens: 4_000,
      system,
      tools: supportTools,
      messages,
      ...options.extra,
    });
    const blocks = think("brain", request);
    expect(think("brain", request)).toEqual(blocks);
    const calls = blocks.flatMap((block, at) =>
      block.type === "tool_use" ? [{ ...block, id: `t${turn}_${at}` }] : [],
    );
    const [first] = blocks;
    if (calls.length === 0)
      return { calls: made, turns: turn, answer: first?.type === "text" ? first.text : "" };
    messages.push({
      role: "assistant",
      content: [...blocks.filter(({ type }) => type === "text"), ...calls],
    });
    const content = calls.map(({ id, name, input }) => {
      const nth = made.filter((call) => call.name === name).length;
      made.push({ name, input });
      const result = (options.results?.[name] ?? results[name])?.(input, nth) ?? "done";
      return typeof result === "string"
        ? { type: "tool_result", tool_use_id: id, content: result }
        : { type: "tool_result", tool_use_id: id, content: result.error, is_error: true };
    });
    messages.push({ role: "user", content });
  }
  return { calls: made, turns: options.maxTurns ?? 12, answer: "" };
}

const PATTERNS = "Find all my past orders and summarise the patterns in my purchasing";

describe("the main job", () => {
  it.each([
    ["the text", `I am customer C-1042. ${PATTERNS}`, "You are a support agent."],
    ["the system prompt", PATTERNS, "You are a support agent. Customer: C-1042"],
  ])("reads every page of the orders of the customer in %s and nothing else", (_, task, system) => {
    const { calls, answer } = run(task, { system });
    expect(calls).toEqual([
      { name: "query_orders", input: { customer_id: "C-1042" } },
      { name: "query_orders", input: { customer_id: "C-1042", cursor: "b3JkZXItNg" } },
    ]);
    expect(answer).toContain("10 orders between 2026-01-10 and 2026-05-19");
    expect(answer).toContain("Total in USD: 160.60");
    expect(answer).toContain("category of orders: coffee (6, 120.60), books (4, 40.00)");
    expect(answer).toContain("product of orders: Espresso beans (6");
    expect(answer).toContain("Pawl simulator, not a real model");
  });

  it("reads five pages at most and says that there are more", () => {
    const endless = (_: object, nth: number) =>
      JSON.stringify({ orders: [{ order_id: `O-${nth}` }], has_more: true, next_cursor: `c${nth}` });
    const { calls, answer } = run(PATTERNS, { results: { query_orders: endless } });
    expect(calls).toHaveLength(5);
    expect(answer).toContain("I found 5 orders");
    expect(answer).toContain("There are more that I have not read.");
  });
});

describe("choosing tools and filling their arguments", () => {
  it.each<[string, Said[]]>([
    ["What is 12*(3+4)?", [{ name: "calculator", input: { expression: "12*(3+4)" } }]],
    ["What time is it in Europe/Berlin?", [{ name: "current_time", input: { time_zone: "Europe/Berlin" } }]],
    [
      "Fetch http://127.0.0.1:8000/a.html and https://example.com/b, then summarise them.",
      [
        { name: "fetch_url", input: { url: "http://127.0.0.1:8000/a.html" } },
        { name: "fetch_url", input: { url: "https://example.com/b" } },
      ],
    ],
    ["Summarise the attached document report.md", [{ name: "read_document", input: { name: "report.md" } }]],
    [
      "Send an e-mail to ann@example.com with subject 'Hello and hi' saying 'it is, and stays, late'",
      [
        {
          name: "send_email",
          input: { to: "ann@example.com", subject: "Hello and hi", body: "it is, and stays, late" },
        },
      ],
    ],
    [
      "Find my returned orders since 2026-01-01. Do not send an e-mail to a@example.com.",
      [
        { name: "query_orders", input: { status: "returned", from: "2026-01-01" } },
        { name: "query_orders", input: { status: "returned", from: "2026-01-01", cursor: "b3JkZXItNg" } },
      ],
    ],
    ["Show me my last 5 orders", [{ name: "query_orders", input: { limit: 5 } }]],
    ["Delivery takes 3-5 days, is that normal?", []],
    ["How do I open a ticket?", []],
    ["Hello there", []],
  ])("for %j", (task, calls) => {
    const made = run(task).calls;
    expect(made).toEqual(calls);
    for (const { name, input } of made) parseInput(name, input);
  });

  it("opens a ticket with the order, the priority and the words of the task", () => {
    const { calls } = run(
      "open a ticket about the broken lamp and the missing plug in order O-100042 with high priority",
    );
    expect(calls).toMatchObject([
      { name: "create_ticket", input: { order_id: "O-100042", priority: "high" } },
    ]);
    expect(calls[0]?.input.subject).toContain("the broken lamp and the missing plug");
  });

  it("does what stands after 'then' later, with what it has found", () => {
    const { calls } = run("Find all my past orders, then e-mail a summary to ann@example.com");
    expect(calls.map(({ name }) => name)).toEqual(["query_orders", "query_orders", "send_email"]);
    expect(calls[2]?.input).toMatchObject({ to: "ann@example.com", body: expect.stringContaining("160.60") });
  });

  it("does not put another address in the place of one that a tool will refuse", () => {
    expect(run("send an e-mail to a@b.c saying 'hi'").calls).toMatchObject([
      { input: { to: "a@b.c", body: "hi" } },
    ]);
  });

  it("reads the listed documents that the task names, or all of them", () => {
    const listed = (task: string) => [
      { type: "text", text: task },
      {
        type: "text",
        text: 'Documents sent with the task; read them with read_document:\n- "my report, 2025" (12 characters)\n- "b.txt" (3 characters)',
      },
    ];
    const names = (task: string) =>
      run(listed(task))
        .calls.map(({ input }) => input.name)
        .sort();
    expect(names("Compare both documents.")).toEqual(["b.txt", "my report, 2025"]);
    expect(names("Summarise b.txt.")).toEqual(["b.txt"]);
  });

  it("summarises a document that stands in the prompt without any tool", () => {
    const { calls, answer } = run([
      { type: "text", text: 'Document "note.txt", sent with the task:\n\nThe pump broke on Monday.' },
      { type: "text", text: "Summarise it." },
    ]);
    expect(calls).toEqual([]);
    expect(answer).toContain('Document "note.txt": The pump broke on Monday.');
  });
});

describe("limits and trouble", () => {
  it("tells of an error honestly, after one more try where it looked passing", () => {
    const failing = (error: string) => () => ({ error });
    const passing = run("What time is it?", { results: { current_time: failing("timed out") } });
    expect(passing.calls).toHaveLength(2);
    expect(passing.answer).toContain('current_time failed twice: "timed out"');
    const lasting = run("What time is it?", { results: { current_time: failing("no such zone") } });
    expect(lasting.calls).toHaveLength(1);
    expect(lasting.answer).toContain("no such zone");
    const effect = run("Send an e-mail to a@example.com saying 'x'", {
      results: { send_email: failing("timed out") },
    });
    expect(effect.calls).toHaveLength(1);
  });

  it("answers without a call where tool_choice is none, and says what it left undone", () => {
    const { calls, answer } = run(PATTERNS, { extra: { tool_choice: { type: "none" } } });
    expect(calls).toEqual([]);
    expect(answer).toContain("Not done, because I may use no more tools: query_orders.");
  });

  it("calls some tool, or the one named, where tool_choice forces it", () => {
    const forced = (tool_choice: object) => run("Hello", { extra: { tool_choice }, maxTurns: 1 }).calls;
    expect(forced({ type: "any" })).toHaveLength(1);
    const [call] = forced({ type: "tool", name: "send_email" });
    expect(call?.name).toBe("send_email");
    parseInput("send_email", call?.input);
  });

  it("makes one call at a time where parallel calls are disabled", () => {
    const options = { extra: { tool_choice: { type: "auto", disable_parallel_tool_use: true } } };
    expect(run("What is 1+1 and 2+2?", options)).toMatchObject({ turns: 3, calls: [{}, {}] });
  });

  it("goes on where it was cut, when it is told to", () => {
    const whole = run("Hello there").answer;
    const said = whole.slice(0, 20);
    const messages = [
      { role: "user", content: "Hello there" },
      { role: "assistant", content: said },
      {
        role: "user",
        content: "Your reply was cut off at its length limit. Continue exactly where it ended.",
      },
    ];
    expect(run("Hello there", { extra: { messages } }).answer).toBe(whole.slice(20));
  });

  it("stays fast on a hostile text", () => {
    const hostile = [
      `${"(".repeat(9_000)}1+1`,
      "a@".repeat(9_000),
      "'x ".repeat(6_000),
      `${"document ".repeat(2_000)}:\n- x`,
      "1+".repeat(9_000),
    ];
    const startedMs = performance.now();
    for (const task of hostile) run(task, { maxTurns: 1 });
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});

describe("the other minds", () => {
  const request = (calls: number) =>
    MessageRequest.parse({
      model: "claude-sonnet-5-5",
      max_tokens: 100,
      tools: supportTools.filter(({ name }) => name === "query_orders" || name === "create_ticket"),
      messages: [
        { role: "user", content: "Find my orders" },
        ...Array.from({ length: calls }, (_, at) => [
          {
            role: "assistant",
            content: [{ type: "tool_use", id: `t${at}`, name: "query_orders", input: {} }],
          },
          {
            role: "user",
            content: [{ type: "tool_result", tool_use_id: `t${at}`, content: `{"found":"row ${at}"}` }],
          },
        ]).flat(),
      ],
    });
  const inputAfter = (mind: "curious" | "looping", calls: number) =>
    think(mind, request(calls)).find(({ type }) => type === "tool_use");

  it("curious never stops asking, each time something new out of what it was told", () => {
    const messages: z.input<typeof MessageRequest>["messages"] = [
      { role: "user", content: "Find all my past orders" },
    ];
    const tools = supportTools.filter(({ name }) => name === "query_orders" || name === "create_ticket");
    const ask = (more = {}) =>
      think(
        "curious",
        MessageRequest.parse({ model: "claude-sonnet-5-5", max_tokens: 500, tools, messages, ...more }),
      );
    const asked = new Set<string>();
    for (let turn = 0; turn < 60; turn += 1) {
      const call = ask().find((block) => block.type === "tool_use");
      if (call === undefined) throw new Error(`turn ${turn} asks nothing`);
      expect(call.name).toBe("query_orders");
      parseInput(call.name, call.input);
      asked.add(JSON.stringify(call.input));
      const id = `t${turn}`;
      messages.push({ role: "assistant", content: [{ ...call, id }] });
      const content = ordersPage(call.input.cursor);
      messages.push({ role: "user", content: [{ type: "tool_result", tool_use_id: id, content }] });
    }
    expect(asked.size).toBe(60);
    const inputs = [...asked];
    expect(inputs[1]).toContain('"cursor":"b3JkZXItNg"');
    for (const lead of ['{"category":"books"}', '"customer_id":"C-1042"', '"status":"returned"'])
      expect(inputs.some((input) => input.includes(lead))).toBe(true);

    const answer = ask({ tool_choice: { type: "none" } });
    expect(answer).toMatchObject([{ type: "text", text: expect.stringMatching(/I asked \d+ questions/) }]);
  });

  it("curious asks nothing where there is nothing to ask, and no tool that acts while one reads", () => {
    const plain = { model: "claude-sonnet-5-5", max_tokens: 500, messages: request(0).messages };
    expect(think("curious", MessageRequest.parse(plain))).toMatchObject([{ type: "text" }]);
    expect(inputAfter("curious", 0)).toMatchObject({ name: "query_orders" });
    expect(inputAfter("curious", 30)).toMatchObject({ name: "query_orders" });
  });

  it("looping always makes the same call", () => {
    expect(inputAfter("looping", 9)).toEqual(inputAfter("looping", 0));
  });

  it("echo repeats the task", () => {
    expect(think("echo", request(0))).toEqual([{ type: "text", text: "Find my orders" }]);
  });
});
