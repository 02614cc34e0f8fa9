/** Honest work that looks like a loop to a careless eye, looked at while the rules were made. */
import { type Family, inTurns, order, prose, START_MS, stamp, TOPICS, times } from "./world.ts";

const family = (kind: string, make: Family["make"]): Family => ({
  kind,
  label: "honest",
  split: "tuned",
  make,
});

export const tunedHonest: Family[] = [
  family("batch from the task's text", (dice) => {
    const skus = times(dice.between(12, 30), () => `SKU-${dice.hex(5)}`);
    const steps = skus.map((sku) => ({ tool: "check_stock", args: { sku }, result: { in_stock: true } }));
    return { rows: inTurns(`Are these in stock: ${skus.join(", ")}?`, steps) };
  }),
  family("batch from another listing", (dice) => {
    const ids = times(dice.between(15, 40), (at) => 7000 + at);
    const steps = ids.map((id) => ({
      tool: "get_order",
      args: { order_id: `O-${id}` },
      result: order(dice, id),
    }));
    const list = {
      tool: "list_orders",
      args: { customer: "C-3" },
      result: { order_ids: ids.map((id) => `O-${id}`) },
    };
    return { rows: inTurns("What did C-3 order?", [list, ...steps]) };
  }),
  family("pages by cursor", (dice) => {
    const cursors = times(30, () => dice.hex(14));
    const steps = times(dice.between(10, 28), (at) => ({
      tool: "query_orders",
      args: { customer_id: "C-9", limit: 20, ...(at === 0 ? {} : { cursor: cursors[at - 1] ?? "" }) },
      result: {
        orders: times(20, (i) => order(dice, at * 20 + i)),
        has_more: true,
        next_cursor: cursors[at] ?? "",
      },
    }));
    return { rows: inTurns("Find all orders of C-9.", steps) };
  }),
  family("declared polling, unchanged for long", (dice) => {
    const polls = dice.between(8, 16);
    const steps = times(polls + 1, (at) => ({
      tool: "deploy_status",
      args: { deploy: "d-5" },
      result: at < polls ? { status: "running" } : { status: "done", url: "https://d5.example.com" },
      atMs: START_MS + at * 15_000,
    }));
    return {
      rows: inTurns("Deploy and tell me when it is up.", steps),
      poll: { deploy_status: { intervalMs: 15_000, maxDurationMs: 600_000 } },
    };
  }),
  family("polling, with progress", (dice) => {
    const stepPercent = dice.between(6, 12);
    const steps = times(Math.floor(100 / stepPercent) + 1, (at) => ({
      tool: "get_job",
      args: { job_id: "render-4" },
      result: {
        status: at * stepPercent < 96 ? "running" : "done",
        progress: at * stepPercent,
        checked_at: stamp(at, dice),
      },
    }));
    return { rows: inTurns("Render the film.", steps) };
  }),
  family("transport errors, then it works", (dice) => {
    const fails = dice.between(4, 9);
    const steps = times(fails + 1, (at) => ({
      tool: "fetch_url",
      args: { url: "https://example.com/prices" },
      ...(at < fails
        ? {
            result: dice.pick([
              "HTTP 503 Service Unavailable",
              "connect ETIMEDOUT 10.1.1.1:443",
              "429 Too Many Requests",
            ]),
            isError: true,
          }
        : { result: prose(dice, 4) }),
    }));
    return { rows: inTurns("What does example.com charge?", steps) };
  }),
  family("a retry whose outcome changes", (dice) => {
    const steps = [
      ...times(dice.between(2, 3), () => ({
        tool: "reserve_room",
        args: { room: "B2", day: "2026-11-02" },
        result: "Room B2 is locked by another booking. Try again shortly.",
        isError: true,
      })),
      {
        tool: "reserve_room",
        args: { room: "B2", day: "2026-11-02" },
        result: { reservation: dice.hex(6), room: "B2" },
      },
      { tool: "send_email", args: { to: "ana@example.com", body: "Room B2 is yours." }, result: "sent" },
    ];
    return { rows: inTurns("Reserve room B2 on 2026-11-02 and tell ana@example.com.", steps) };
  }),
  family("test, fix, test", (dice) => {
    const cycles = dice.between(5, 9);
    const steps = times(cycles, (at) => [
      {
        tool: "run_tests",
        args: {},
        result: `${cycles - at} failed, ${40 + at} passed (${dice.between(1, 9)}.${dice.between(10, 99)}s)\nFAIL ${dice.hex(4)}.test.ts: expected ${dice.between(1, 50)}`,
      },
      { tool: "read_file", args: { path: `src/part-${at}.ts` }, result: prose(dice, 5) },
      {
        tool: "edit_file",
        args: { path: `src/part-${at}.ts`, find: prose(dice, 1), replace: prose(dice, 1) },
        result: "ok",
      },
    ]).flat();
    return {
      rows: inTurns("Make all tests pass.", [
        ...steps,
        { tool: "run_tests", args: {}, result: `${40 + cycles} passed` },
      ]),
    };
  }),
  family("research that returns to a page", (dice) => {
    const topic = dice.pick(TOPICS);
    const pages = times(7, () => ({ url: `https://example.org/${dice.hex(6)}`, text: prose(dice, 8) }));
    const read = (at: number) => ({
      tool: "fetch_url",
      args: { url: pages[at]?.url ?? "" },
      result: pages[at]?.text ?? "",
    });
    const search = {
      tool: "web_search",
      args: { query: topic },
      result: { hits: pages.map(({ url }) => ({ url })) },
    };
    return {
      rows: inTurns(`Write about ${topic}.`, [search, ...[0, 1, 2, 0, 3, 4, 2, 0, 5, 6, 0].map(read)]),
    };
  }),
  family("edits, the tests stay green", (dice) => {
    const steps = times(dice.between(14, 24), (at) =>
      at % 2 === 0
        ? {
            tool: "edit_file",
            args: { path: `src/${dice.hex(4)}.ts`, replace: prose(dice, 1) },
            result: "ok",
          }
        : { tool: "run_tests", args: {}, result: `48 passed in ${dice.between(200, 900)} ms` },
    );
    return { rows: inTurns("Rename the variables as agreed, one file after another.", steps) };
  }),
  family("a page scrolled down", (dice) => {
    const steps = times(dice.between(4, 6), () => [
      { tool: "browser_scroll", args: { direction: "down" }, result: "ok" },
      { tool: "browser_snapshot", args: {}, result: prose(dice, 6) },
    ]).flat();
    return { rows: inTurns("What is at the end of the page?", steps) };
  }),
  family("a queue worked off", (dice) => {
    const steps = times(dice.between(6, 12), (at) => [
      { tool: "next_item", args: {}, result: { item_id: `I-${dice.hex(4)}`, text: prose(dice, 1) } },
      {
        tool: "label_item",
        args: { label: dice.pick(["praise", "complaint"]), note: prose(dice, 1), n: at },
        result: { ok: true },
      },
    ]).flat();
    return {
      rows: inTurns("Label everything in the queue.", [
        ...steps,
        { tool: "next_item", args: {}, result: null },
      ]),
    };
  }),
];
