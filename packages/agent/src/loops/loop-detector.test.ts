import { describe, expect, it } from "vitest";
import { createEagerDetector, createLoopDetector, type LoopObservation } from "./loop-detector.ts";
import { defaultLoopPolicy, type LoopPolicy } from "./loop-policy.ts";

type Step = Omit<LoopObservation, "turn"> & { turn?: number };

/** The verdicts of steps, one for each turn where nothing else is said. */
function verdicts(steps: readonly Step[], policy: Partial<LoopPolicy> = {}): string[] {
  const detector = createLoopDetector(policy);
  return steps.map((step, at) => detector.observe({ turn: at + 1, ...step }).verdict);
}

function stoppedAt(steps: readonly Step[], policy: Partial<LoopPolicy> = {}): number | undefined {
  const at = verdicts(steps, policy).indexOf("stop");
  return at < 0 ? undefined : at + 1;
}

function times(count: number, make: (at: number) => Step): Step[] {
  return Array.from({ length: count }, (_, at) => make(at));
}

const LADDER = ["ok", "warn", "block", "stop"];
const minute = (at: number) => `2026-10-05T09:${String(at).padStart(2, "0")}:00.${100 + at}Z`;

describe("the same call with the same result", () => {
  it("climbs the ladder without skipping a rung", () => {
    expect(
      verdicts(times(4, () => ({ tool: "search", args: { q: "a" }, result: "Nothing about it." }))),
    ).toEqual(LADDER);
  });

  const disguises: Record<string, (at: number) => Step> = {
    "the order of keys": (at) => ({
      tool: "t",
      args: at % 2 ? { a: 1, b: "x" } : { b: "x", a: 1 },
      result: [1],
    }),
    "white space and case": (at) => ({
      tool: "t",
      args: { q: at % 2 ? " Some  words" : "some words" },
      result: [1],
    }),
    "numbers as texts": (at) => ({ tool: "t", args: { n: at % 2 ? 5 : "5" }, result: [1] }),
    "empty members": (at) => ({
      tool: "t",
      args: at % 2 ? { q: "x", cursor: null } : { q: "x" },
      result: [1],
    }),
    "a nonce and an attempt": (at) => ({
      tool: "t",
      args: { q: "x", nonce: `${at}f`, attempt: at },
      result: [1],
    }),
    "a reason of its own": (at) => ({
      tool: "t",
      args: { q: "x", reasoning: `Once more, ${at}.` },
      result: [1],
    }),
    "a cache buster": (at) => ({
      tool: "fetch",
      args: { url: `https://a.example/p?id=7&_=${at}` },
      result: "Page.",
    }),
    "arguments as a JSON text": (at) => ({ tool: "t", args: at % 2 ? '{"q":"x"}' : { q: "x" }, result: [1] }),
    "a time in the result": (at) => ({ tool: "t", args: {}, result: { n: 1, server_time: minute(at) } }),
    "a duration in the result": (at) => ({ tool: "t", args: {}, result: { n: 1, took_ms: at * 3 } }),
    "a request id in the result": (at) => ({ tool: "t", args: {}, result: { n: 1, request_id: `r${at}` } }),
    "a random id in the result": (at) => ({
      tool: "t",
      args: {},
      result: { id: `msg_a${at}f9c${at}e7b`, n: 1 },
    }),
    "a time in a text": (at) => ({
      tool: "t",
      args: {},
      result: `Checked at ${minute(at)}: nothing (${at + 9} ms).`,
    }),
    "a result as a JSON text": (at) => ({
      tool: "t",
      args: {},
      result: at % 2 ? '{"a":1,"b":2}' : { b: 2, a: 1 },
    }),
    "rows in another order": (at) => ({ tool: "t", args: {}, result: at % 2 ? ["a", "b"] : ["b", "a"] }),
  };
  it.each(Object.entries(disguises))("is seen through %s", (_, make) => {
    expect(stoppedAt(times(6, make))).toBe(4);
  });

  it("counts what is asked twice in one turn once", () => {
    const row = (turn: number): Step => ({ turn, tool: "get_price", args: { sku: "L" }, result: { usd: 4 } });
    expect(verdicts([1, 1, 1, 1, 2, 2, 2].map(row))).toEqual([
      "ok",
      "ok",
      "ok",
      "ok",
      "warn",
      "warn",
      "warn",
    ]);
  });

  it("is no matter where the result changes, by a word or by the id of an order", () => {
    const states = ["placed", "paid", "packed", "sent", "there"];
    expect(
      stoppedAt(states.map((state) => ({ tool: "get_order", args: { id: 1 }, result: { state } }))),
    ).toBeUndefined();
    const newest = times(6, (at) => ({ tool: "newest_order", args: {}, result: { order_id: `O-100${at}` } }));
    expect(stoppedAt(newest)).toBeUndefined();
  });

  it("takes a created thing's id for no news", () => {
    const steps = times(6, (at) => ({
      tool: "create_ticket",
      args: { title: "Lamp" },
      result: `Ticket T-${900 + at} created.`,
    }));
    expect(stoppedAt(steps)).toBe(4);
  });

  it("is given more time where the result says that it is not ready", () => {
    const steps = times(9, () => ({ tool: "build_status", args: { id: 7 }, result: { status: "running" } }));
    expect(verdicts(steps)).toEqual(["ok", "ok", "ok", "warn", "warn", "block", "block", "stop", "stop"]);
  });
});

describe("errors", () => {
  const failing = (result: string) =>
    times(8, () => ({ tool: "pay", args: { bill: 7 }, result, isError: true }));

  it("of the domain climb the ladder", () => {
    expect(verdicts(failing("Bill 7 is paid already.")).slice(0, 4)).toEqual(LADDER);
  });

  it.each([
    "connect ECONNREFUSED 10.0.0.7:443",
    "HTTP 503 Service Unavailable",
    "429 Too Many Requests",
    "The tool did not answer within 60000 ms.",
    '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
  ])("of the transport never count: %s", (message) => {
    expect(new Set(verdicts(failing(message)))).toEqual(new Set(["ok"]));
  });

  it("of the transport neither count nor forgive", () => {
    const same = { tool: "search", args: { q: "a" }, result: "Nothing about it." };
    const lost = { ...same, result: "read ECONNRESET", isError: true };
    expect(verdicts([same, lost, same, lost, same, lost, same])).toEqual([
      "ok",
      "ok",
      "warn",
      "ok",
      "block",
      "ok",
      "stop",
    ]);
  });
});

describe("cycles", () => {
  it.each([2, 3, 4, 5, 6])("of period %i are stopped in the fourth turn that repeats", (period) => {
    const steps = times(30, (at) => ({
      tool: `read_${at % period}`,
      args: {},
      result: `Text of ${"abcdef"[at % period]}.`,
    }));
    expect(stoppedAt(steps)).toBe(period + 4);
  });

  it("are none where a result changes on each round", () => {
    const steps = times(20, (at) =>
      at % 2 === 0
        ? { tool: "edit_file", args: { path: "a.ts", replace: `const a = ${at};` }, result: "ok" }
        : {
            tool: "run_tests",
            args: {},
            result: `${20 - at} failed: ${"abcdefghijklmnopqrst"[at]} is wrong`,
          },
    );
    expect(stoppedAt(steps)).toBeUndefined();
  });
});

describe("the chase", () => {
  const name = (at: number) => `person-${(at * 7919).toString(36)}`;

  it("is stopped within 25 calls where each answer names the next", () => {
    const steps = times(40, (at) => ({
      tool: "lookup",
      args: { who: name(at) },
      result: { who: name(at), knows: [name(at + 1)] },
    }));
    expect(stoppedAt([{ ...steps[0], input: `Who is ${name(0)}?` }, ...steps.slice(1)])).toBeLessThanOrEqual(
      25,
    );
  });

  it("is no batch over one listing, though its tool made the list", () => {
    const list = {
      tool: "query",
      args: { all: true },
      result: { ids: times(40, () => ({})).map((_, at) => name(at)) },
    };
    const steps = times(40, (at) => ({
      tool: "query",
      args: { id: name(at) },
      result: { id: name(at), town: `Town ${at}`, born: 1900 + at },
    }));
    expect(stoppedAt([list, ...steps])).toBeUndefined();
  });

  it("is no batch either where each answer names its neighbours in the list again", () => {
    const list = {
      tool: "wiki",
      args: { page: "Index" },
      result: times(30, () => ({}))
        .map((_, at) => name(at))
        .join("\n"),
    };
    const steps = times(30, (at) => ({
      tool: "wiki",
      args: { title: name(at) },
      result: {
        born: 1900 + at,
        town: `Town ${name(at * 31)}`,
        previous: name(Math.max(0, at - 1)),
        next: name(at + 1),
      },
    }));
    expect(stoppedAt([list, ...steps])).toBeUndefined();
  });

  it("is no reading of page after page while there is something on them", () => {
    const steps = times(60, (at) => ({
      tool: "list",
      args: at === 0 ? {} : { cursor: name(at) },
      result: { rows: [`row ${at}a`, `row ${at}b`], next_cursor: name(at + 1) },
    }));
    expect(stoppedAt(steps)).toBeUndefined();
  });
});

describe("no new information", () => {
  it("ends searches in ever other words that find nothing", () => {
    const steps = times(20, (at) => ({ tool: "search", args: { q: `word${at} again` }, result: [] }));
    expect(stoppedAt(steps)).toBe(10);
  });

  it("spares a batch from the task's text, though every answer is the same", () => {
    const ids = Array.from({ length: 30 }, (_, at) => `SKU-${(at * 7919).toString(36)}`);
    const steps = ids.map((sku, at) => ({
      ...(at === 0 ? { input: `Check ${ids.join(", ")}.` } : {}),
      tool: "check_stock",
      args: { sku },
      result: { in_stock: true },
    }));
    expect(new Set(verdicts(steps))).toEqual(new Set(["ok"]));
  });
});

describe("repeated text", () => {
  it("climbs the ladder where nothing else is done, word for word or nearly", () => {
    const steps = times(4, (at) => ({
      text: `I will now read the report and then tell you what it says. (Attempt ${at})`,
    }));
    expect(verdicts(steps)).toEqual(LADDER);
  });

  it("is no matter where each turn does something", () => {
    const steps = times(12, (at) => ({
      text: "Now the next one.",
      tool: "translate",
      args: { text: `Line ${at}: ${"xyzuvw"[at % 6]}${at}` },
      result: `Zeile ${at} ${"abcdefghijkl"[at]}`,
    }));
    expect(new Set(verdicts(steps))).toEqual(new Set(["ok"]));
  });
});

describe("declared polling", () => {
  const poll = { intervalMs: 10_000, maxDurationMs: 100_000 };
  const policy = { tools: { job: { poll } } };
  const same = (at: number): Step => ({
    tool: "job",
    args: { id: 1 },
    result: { state: "running" },
    atMs: at * 10_000,
  });

  it("is judged by time, not by count", () => {
    expect(verdicts(times(16, same), policy)).toEqual([
      ...Array(10).fill("ok"),
      "warn",
      "warn",
      "warn",
      "block",
      "block",
      "stop",
    ]);
  });

  it("starts anew whenever the answer changes", () => {
    const steps = times(30, (at) => ({
      ...same(at),
      result: { state: "running", done: Math.floor(at / 8) },
    }));
    expect(stoppedAt(steps, policy)).toBeUndefined();
  });
});

describe("the detector", () => {
  const same = (turn: number): LoopObservation => ({
    turn,
    tool: "search",
    args: { q: "a" },
    result: "Nothing.",
  });

  it("judges the first turns together as it would have one by one", () => {
    const steps = [
      { text: "Let me see." },
      { text: "Let me see." },
      { turn: 3, tool: "a", args: { q: "x" }, result: "X." },
      { turn: 3, text: "Let me see.", tool: "a", args: { q: "x" }, result: "X." },
      { tool: "a", args: { q: "x" }, result: "X." },
    ];
    const eager = createEagerDetector(defaultLoopPolicy);
    const one = steps.map((step, at) => eager.observe({ turn: at + 1, ...step }).verdict);
    expect(verdicts(steps)).toEqual(one);
    expect(one.slice(0, 2)).toEqual(["ok", "warn"]);
  });

  it("stands where another one stood that saw the same", () => {
    const steps = times(12, (at) => ({
      tool: at % 3 ? "a" : "b",
      args: { at: at % 4 },
      result: `R ${at % 5}`,
      text: "Go on.",
    }));
    expect(verdicts(steps)).toEqual(verdicts(steps));
  });

  it("names the turn whose answer a blocked call gets, until something new was learned", () => {
    const detector = createLoopDetector();
    expect(detector.blocked({ tool: "search", args: { q: "a" } })).toBeUndefined();
    for (const turn of [1, 2, 3]) detector.observe(same(turn));
    expect(detector.blocked({ tool: "search", args: { q: " A" } })).toEqual({ turn: 3 });
    expect(detector.blocked({ tool: "search", args: { q: "b" } })).toBeUndefined();
    detector.observe({
      turn: 4,
      tool: "read",
      args: { name: "x" },
      result: "Something that nobody has heard of yet.",
    });
    detector.observe({ turn: 5, text: "Well." });
    expect(detector.blocked({ tool: "search", args: { q: "a" } })).toBeUndefined();
  });

  it("counts anew when a person lets the task go on", () => {
    const detector = createLoopDetector();
    for (const turn of [1, 2, 3, 4]) detector.observe(same(turn));
    detector.startAnew();
    expect([5, 6, 7, 8].map((turn) => detector.observe(same(turn)).verdict)).toEqual(LADDER);
  });

  it("knows a call by what its tool declares to identify it", () => {
    const policy = { tools: { report: { identifiedBy: ["month"], volatile: ["lucky_number"] } } };
    const steps = times(5, (at) => ({
      tool: "report",
      args: { month: "May", colour: `c${at}` },
      result: { sum: 4, lucky_number: at },
    }));
    expect(stoppedAt(steps, policy)).toBe(4);
  });

  it("takes a ladder of a tool's own", () => {
    const policy = { tools: { search: { sameResult: { stop: 2 } } } };
    expect(verdicts([1, 2, 3].map(same), policy)).toEqual(["ok", "ok", "stop"]);
  });

  it("says what it rests on", () => {
    const detector = createLoopDetector();
    const [, , , last] = [1, 2, 3, 4].map((turn) => detector.observe(same(turn)));
    expect(last).toEqual({
      verdict: "stop",
      rule: "same_result",
      evidence: {
        message:
          "search was called again with the same arguments and returned the same result, 3 times in a row.",
        tool: "search",
        count: 3,
        first_turn: 2,
        last_turn: 4,
      },
    });
  });
});
