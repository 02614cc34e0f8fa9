/** Loops that were only ever measured. */
import { type Family, GOODS, inTurns, order, prose, START_MS, stamp, TOPICS, times } from "./world.ts";

const family = (kind: string, make: Family["make"]): Family => ({
  kind,
  label: "loop",
  split: "held_out",
  make,
});

export const heldOutLoops: Family[] = [
  family("same file, arguments written in other ways", (dice) => {
    const body = prose(dice, 5);
    const forms = [
      { path: "docs/setup.md", encoding: "utf-8" },
      { encoding: "utf-8", path: "docs/setup.md" },
      { encoding: "UTF-8 ", path: " docs/setup.md" },
    ];
    const steps = times(dice.between(7, 12), (at) => ({
      tool: "read_document",
      args: forms[at % 3] ?? {},
      result: `${body}\n\nRead at ${stamp(at, dice)} in ${dice.between(2, 40)} ms, trace ${dice.hex(32)}`,
    }));
    return { rows: inTurns("Which port does the setup guide name?", steps), uselessFrom: 2 };
  }),
  family("same error, told as a result", (dice) => {
    const steps = times(dice.between(7, 11), (at) => ({
      tool: "update_address",
      args: { customer: "C-11", zip: "ABC", nonce: dice.hex(16) },
      result: JSON.stringify({
        error: { code: "invalid_zip", message: "ABC is not a zip code" },
        trace_id: dice.hex(20),
        timestamp: stamp(at, dice),
      }),
    }));
    return { rows: inTurns("Change the address of C-11 to zip ABC.", steps), uselessFrom: 2 };
  }),
  family("cycle of four to six", (dice) => {
    const period = dice.between(4, 6);
    const pages = times(period, (at) => ({
      tool: at % 2 === 0 ? "fetch_url" : "search_notes",
      args: at % 2 === 0 ? { url: `https://example.org/${dice.hex(5)}` } : { query: TOPICS[at] ?? "" },
      result: prose(dice, 3),
    }));
    const steps = times(period * 4, (at) => pages[at % period] ?? {});
    return { rows: inTurns("Compare the sources on canal locks.", steps), uselessFrom: period + 1 };
  }),
  family("chase: from one customer to a similar one", (dice) => {
    const ids = times(45, (at) => `C-${4000 + at * dice.between(3, 9)}`);
    const steps = times(42, (at) => ({
      tool: "get_customer",
      args: { customer_id: ids[at] ?? "" },
      result: {
        customer_id: ids[at] ?? "",
        tier: dice.pick(["gold", "silver"]),
        likes: dice.pick(GOODS),
        similar_to: [ids[at + 1] ?? "", ids[Math.max(0, at - 2)] ?? ""],
      },
    }));
    return { rows: inTurns(`Tell me about ${ids[0]}.`, steps), uselessFrom: 4 };
  }),
  family("chase: search and fetch in turns, less and less new", (dice) => {
    const facts = times(6, () => prose(dice, 2));
    const words = times(50, () => `${dice.pick(["harbour", "lantern", "meadow", "granite"])}-${dice.hex(4)}`);
    const steps = times(56, (at) => {
      const link = Math.floor(at / 2);
      const url = `https://example.net/a/${words[link]}`;
      return at % 2 === 0
        ? {
            tool: "search",
            args: { query: words[link] ?? "" },
            result: { hits: [{ title: `About ${words[link]}`, url }] },
          }
        : {
            tool: "fetch",
            args: { url },
            result: `${facts[Math.min(link, 5)]} See also ${words[link + 1]}.`,
          };
    });
    return { rows: inTurns(`Explain ${words[0]}.`, steps), uselessFrom: 13 };
  }),
  family("says the same, and looks at the same", (dice) => {
    const list = times(4, () => prose(dice, 1));
    const steps = times(dice.between(7, 10), (at) => ({
      text: `${dice.pick(["Okay", "Right", "Alright"])}, let me look at the list of open points once more before I decide what to do.`,
      tool: "get_open_points",
      args: { reason: `look ${at}` },
      result: { points: list, generated_at: stamp(at, dice) },
    }));
    return { rows: inTurns("Close the open points.", steps), uselessFrom: 2 };
  }),
  family("searches in other words, the same hits", (dice) => {
    const hits = times(3, () => ({ id: dice.hex(6), snippet: prose(dice, 1) }));
    const words = [
      "salary bands",
      "pay grades",
      "compensation levels",
      "wage scale",
      "pay ranges",
      "income brackets",
      "remuneration table",
      "pay scale",
      "grade salaries",
      "compensation bands",
      "what people earn",
      "earnings by level",
    ];
    const steps = dice
      .some(words, 12)
      .map((q) => ({ tool: "kb_search", args: { q, limit: 3 }, result: { hits } }));
    return { rows: inTurns("How are we paid?", steps), uselessFrom: 2 };
  }),
  family("asks for ever whether it is ready", (dice) => {
    const steps = times(dice.between(12, 20), (at) => ({
      tool: "get_export_status",
      args: { export_id: "ex-9" },
      result: { status: "pending", checked_at: stamp(at, dice) },
    }));
    return { rows: inTurns("Export the orders.", steps), uselessFrom: 2 };
  }),
  family("declared polling that has run out of time", (dice) => {
    const steps = times(dice.between(18, 24), (at) => ({
      tool: "job_state",
      args: { job: "j-1" },
      result: { state: "running" },
      atMs: START_MS + at * 30_000,
    }));
    return {
      rows: inTurns("Wait for job j-1.", steps),
      uselessFrom: 12,
      poll: { job_state: { intervalMs: 30_000, maxDurationMs: 300_000 } },
    };
  }),
  family("pages that begin again at the first", (dice) => {
    const count = dice.between(3, 5);
    const pages = times(count, (at) => times(6, (i) => order(dice, 900 + at * 6 + i)));
    const steps = times(count * 6, (at) => ({
      tool: "fetch_orders",
      args: at === 0 ? {} : { cursor: dice.hex(10) },
      result: { rows: pages[at % count] ?? [], next: dice.hex(10) },
    }));
    return { rows: inTurns("Sum up all orders.", steps), uselessFrom: count + 1 };
  }),
  family("writes the same note anew", (dice) => {
    const body = prose(dice, 6);
    const steps = times(16, (at) => ({
      tool: "write_file",
      args: { path: "notes.md", content: `${body}\n\nVersion ${at + 1}` },
      result: "ok",
    }));
    return { rows: inTurns("Write down what you know.", steps), uselessFrom: 2 };
  }),
  family("byte for byte the same error", (dice) => {
    const steps = times(dice.between(6, 12), () => ({
      tool: "sql_query",
      args: { sql: "SELECT nme FROM people" },
      result: 'column "nme" does not exist',
      isError: true,
    }));
    return { rows: inTurns("Who is in the people table?", steps), uselessFrom: 2 };
  }),
  family("byte for byte to and fro", (dice) => {
    const [one, two] = [prose(dice, 2), prose(dice, 3)];
    const steps = times(dice.between(8, 18), (at) =>
      at % 2 === 0
        ? { tool: "open_tab", args: { tab: 1 }, result: one }
        : { tool: "open_tab", args: { tab: 2 }, result: two },
    );
    return { rows: inTurns("Compare the two tabs.", steps), uselessFrom: 3 };
  }),
  family("chase: packages and what they need", (dice) => {
    const names = times(
      90,
      () =>
        `${dice.pick(["tiny", "fast", "safe", "neo"])}-${dice.pick(["queue", "parse", "color", "glob"])}-${dice.hex(3)}`,
    );
    const steps = times(44, (at) => ({
      tool: "package_info",
      args: { name: names[at] ?? "" },
      result: `${names[at]} ${dice.between(1, 9)}.${dice.between(0, 20)}.0: ${prose(dice, 1)}\ndependencies: ${[...dice.some(names.slice(0, at), 2), names[at + 1], names[at + 2]].join(", ")}`,
    }));
    return { rows: inTurns(`Is ${names[0]} safe to use?`, steps), uselessFrom: 8 };
  }),
  family("chase: a wiki's links, pages that look alike", (dice) => {
    const page = (at: number) => `/wiki/Category_${String.fromCharCode(65 + (at % 26))}${at}`;
    const steps = times(40, (at) => ({
      tool: "open_page",
      args: { path: page(at) },
      result: {
        path: page(at),
        heading: `Category ${at}`,
        links: [page(at + 1), page(at + 2), page(Math.max(0, at - 1))],
        edited: `${dice.between(1, 28)} May`,
      },
    }));
    return { rows: inTurns("What is this wiki about?", steps), uselessFrom: 5 };
  }),
  family("same question, with a remark of its own each time", (dice) => {
    const answer = { policy: "returns", days: 30, text: prose(dice, 2) };
    const steps = times(dice.between(8, 14), (at) => ({
      tool: "faq",
      args: { topic: "returns", remark: prose(dice, 1), hint: at },
      result: { ...answer, served_by: `node-${dice.between(1, 9)}` },
    }));
    return { rows: inTurns("How long may I return a lamp?", steps), uselessFrom: 2 };
  }),
];
