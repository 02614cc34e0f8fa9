/** Loops that were looked at while the rules were made. */
import { type Family, GOODS, inTurns, order, prose, stamp, TOPICS, times } from "./world.ts";

const family = (kind: string, make: Family["make"]): Family => ({
  kind,
  label: "loop",
  split: "tuned",
  make,
});

export const tunedLoops: Family[] = [
  family("same result, times and request ids change", (dice) => {
    const hits = times(3, () => ({ title: prose(dice, 1), url: `https://example.com/${dice.hex(6)}` }));
    const steps = times(dice.between(8, 14), (at) => ({
      tool: "web_search",
      args: { query: "opening hours of the town hall", request_id: dice.hex(8) },
      result: { hits, took_ms: dice.between(20, 90), request_id: dice.hex(12), server_time: stamp(at, dice) },
    }));
    return { rows: inTurns("When is the town hall open?", steps), uselessFrom: 2 };
  }),
  family("same domain error", (dice) => {
    const id = `INV-${dice.between(100, 999)}`;
    const steps = times(dice.between(8, 12), (at) => ({
      tool: "refund_invoice",
      args:
        at % 2 === 0
          ? { invoice: id, amount: 40, attempt: at }
          : { attempt: at, amount: 40, invoice: ` ${id}` },
      result: `Invoice ${id} is not refundable: it was never paid. (request req_${dice.hex(10)})`,
      isError: true,
    }));
    return { rows: inTurns(`Refund invoice ${id}.`, steps), uselessFrom: 2 };
  }),
  family("A-B-A-B", (dice) => {
    const files = times(4, () => `src/${dice.pick(["api", "store", "cli"])}-${dice.hex(3)}.ts`);
    const body = prose(dice, 4);
    const steps = times(dice.between(10, 16), (at) =>
      at % 2 === 0
        ? { tool: "list_files", args: { dir: "src" }, result: { files } }
        : { tool: "read_file", args: { path: "src/config.ts" }, result: body },
    );
    return { rows: inTurns("Find where the port is set.", steps), uselessFrom: 3 };
  }),
  family("read, failing edit, failing test", (dice) => {
    const body = `export const limit = ${dice.between(10, 99)};\n${prose(dice, 3)}`;
    const three = [
      { tool: "read_file", args: { path: "src/limit.ts" }, result: body },
      {
        tool: "edit_file",
        args: { path: "src/limit.ts", find: "const limits =", replace: "const limit =" },
        result: "The text to replace was not found in src/limit.ts.",
        isError: true,
      },
      { tool: "run_tests", args: {}, result: "1 failed, 11 passed: limit.test.ts › keeps the limit" },
    ];
    const steps = times(dice.between(12, 18), (at) => three[at % 3] ?? {});
    return { rows: inTurns("Make the failing test in limit.test.ts pass.", steps), uselessFrom: 4 };
  }),
  family("chase: ever narrower questions about the same orders", (dice) => {
    const orders = times(30, (at) => order(dice, 200 + at));
    const first = { tool: "query_orders", args: { customer_id: "C-7" }, result: { orders, total_count: 30 } };
    const steps = times(dice.between(30, 45), (at) => {
      const lead = orders[(at * 7) % orders.length] ?? order(dice, 1);
      const args =
        at % 3 === 0
          ? { category: lead.category, from: lead.ordered_on }
          : at % 3 === 1
            ? { order_id: lead.order_id }
            : { status: lead.status, to: lead.ordered_on };
      const found = orders.filter(
        (one) =>
          one.order_id === args.order_id || one.category === args.category || one.status === args.status,
      );
      return {
        tool: "query_orders",
        args: { customer_id: "C-7", ...args },
        result: { orders: found.slice(0, 1 + (at % 9)), total_count: found.length },
      };
    });
    return {
      rows: inTurns("Find all my past orders and summarise the patterns. I am C-7.", [first, ...steps]),
      uselessFrom: 2,
    };
  }),
  family("chase: one related topic after another", (dice) => {
    const names = times(
      40,
      () => `${dice.pick(["Arlo", "Brina", "Cato", "Delia", "Edda", "Finn"])} ${dice.hex(4)}`,
    );
    const steps = times(36, (at) => ({
      tool: "lookup_person",
      args: { name: names[at] ?? "" },
      result: `${names[at]} is a member of the society. Members known to be close to this one: ${names[at + 1]}. Look up ${names[at + 1]} to learn more.`,
    }));
    return { rows: inTurns(`Who is ${names[0]}?`, steps), uselessFrom: 4 };
  }),
  family("says the same and does nothing", (dice) => {
    const topic = dice.pick(TOPICS);
    const steps = times(dice.between(6, 10), (at) => ({
      text: `I will now continue with the report on ${topic}. Attempt ${at + 1}: let me gather what is needed and then proceed to write it.`,
    }));
    return { rows: inTurns(`Write a report on ${topic}.`, steps), uselessFrom: 2 };
  }),
  family("searches in other words, nothing found", (dice) => {
    const words = [
      "warranty",
      "guarantee terms",
      "coverage",
      "repair promise",
      "service plan",
      "protection",
      "liability",
      "replacement policy",
      "repair period",
      "after-sales",
    ];
    const steps = dice
      .some([...words, ...words.map((word) => `${word} ${dice.between(2, 9)} years`)], 18)
      .map((query) => ({
        tool: "search_documents",
        args: { query },
        result: { results: [], total: 0 },
      }));
    return { rows: inTurns("How long may I send the lamp back?", steps), uselessFrom: 2 };
  }),
  family("the same calls side by side, turn after turn", (dice) => {
    const price = dice.between(10, 99);
    const turns = times(dice.between(6, 9), (at) =>
      [
        {
          tool: "get_price",
          args: { sku: "L-1" },
          result: { sku: "L-1", usd: price, fetched_at: stamp(at, dice) },
        },
        {
          tool: "get_price",
          args: { sku: "L-1" },
          result: { sku: "L-1", usd: price, fetched_at: stamp(at, dice) },
        },
        {
          tool: "get_stock",
          args: { sku: "L-1" },
          result: { sku: "L-1", left: 4, took_ms: dice.between(1, 9) },
        },
      ].map((row) => ({
        turn: at + 1,
        ...(at === 0 ? { input: "What does L-1 cost, and is it there?" } : {}),
        ...row,
      })),
    );
    return { rows: turns.flat(), uselessFrom: 2 };
  }),
  family("pages beyond the end", (dice) => {
    const pages = dice.between(2, 4);
    const steps = times(pages + 14, (at) => ({
      tool: "list_orders",
      args: { page: at + 1, per_page: 5 },
      result: { orders: at < pages ? times(5, (i) => order(dice, at * 5 + i)) : [], page: at + 1 },
    }));
    return { rows: inTurns("List all orders.", steps), uselessFrom: pages + 2 };
  }),
  family("creates the same thing again and again", (dice) => {
    const good = dice.pick(GOODS);
    const steps = times(dice.between(7, 10), (at) => ({
      tool: "create_ticket",
      args: { title: `Broken ${good}`, body: "The customer wants a replacement." },
      result: { ok: true, ticket_id: `T-${dice.between(1000, 9000)}`, created_at: stamp(at, dice) },
    }));
    return { rows: inTurns(`My ${good} arrived broken.`, steps), uselessFrom: 2 };
  }),
  family("ever other edits, the test stays red", (dice) => {
    const steps = times(44, (at) =>
      at % 2 === 0
        ? { tool: "edit_file", args: { path: "src/sum.ts", replace: prose(dice, 1) }, result: "edited" }
        : {
            tool: "run_tests",
            args: { file: "sum.test.ts" },
            result: `FAIL sum.test.ts: expected 3, received 4 (${dice.between(100, 900)} ms)`,
          },
    );
    return { rows: inTurns("Make the tests pass.", steps), uselessFrom: 4 };
  }),
  family("byte for byte the same", (dice) => {
    const hits = times(4, () => prose(dice, 1));
    const steps = times(dice.between(8, 20), () => ({
      tool: "search",
      args: { query: "fire drill rules", limit: 5 },
      result: { hits },
    }));
    return { rows: inTurns("When is the next fire drill?", steps), uselessFrom: 2 };
  }),
  family("same call, one member without meaning changes", (dice) => {
    const rows = times(5, (at) => order(dice, at));
    const steps = times(dice.between(10, 16), () => ({
      tool: "report",
      args: { month: "2026-09", seed: dice.between(1, 99_999) },
      result: { rows, quota_left: dice.between(1, 5_000) },
    }));
    return { rows: inTurns("Give me the report of September 2026.", steps), uselessFrom: 2 };
  }),
  family("chase: from paper to cited paper", (dice) => {
    const ids = times(60, () => `arXiv:${dice.between(1500, 2600)}.${dice.between(10_000, 99_999)}`);
    const steps = times(50, (at) => ({
      tool: "get_paper",
      args: { id: ids[at] ?? "" },
      result: { id: ids[at] ?? "", title: prose(dice, 1), cites: ids.slice(at + 1, at + 4) },
    }));
    return { rows: inTurns(`What does ${ids[0]} rest on?`, steps), uselessFrom: 8 };
  }),
];
