import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { gathering } from "../command-line.fixture.ts";
import { ago, bar, dollars, duration, limitDollars } from "./amounts.ts";
import { inertJson, inertLine, inertLines } from "./inert-text.ts";
import { openLiveRegion } from "./live-region.ts";
import { openOutput } from "./output.ts";
import { cut, tableLines } from "./table.ts";

const attack = "a\x1b]0;owned\x07\x1b[2J\u009b31m\u202eb\r\nc\td";

test("text of others is written out, in one line or in its own lines", () => {
  expect(inertLine(attack)).toBe("a\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\u202eb ⏎ c d");
  expect(inertLines(attack)).toEqual(["a\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\u202eb", "c  d"]);
});

test("JSON keeps its meaning and loses its power over a terminal", () => {
  const text = inertJson({ attack });
  expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(JSON.parse(text)).toEqual({ attack });
});

test("columns are aligned by what is seen, and the last is cut to the terminal's width", () => {
  const { stream } = gathering(true);
  Object.assign(stream, { columns: 24 });
  const out = openOutput({ stdout: stream, stderr: stream, env: { NO_COLOR: "1" } });
  const rows = [
    { name: "日本", cost: "1.00", note: "as long as it is, it has to fit" },
    { name: "x", cost: "12.00", note: "" },
  ];
  const columns = [
    { title: "NAME", cell: (row: (typeof rows)[0]) => row.name },
    { title: "COST", cell: (row: (typeof rows)[0]) => row.cost, alignRight: true as const },
    { title: "NOTE", cell: (row: (typeof rows)[0]) => row.note },
    { title: "RARE", rare: true as const, cell: () => "" },
  ];
  const lines = tableLines(out, columns, rows);
  expect(lines).toEqual(["NAME   COST  NOTE", "日本   1.00  as long as…", "x     12.00"]);
  expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(24);
  expect(cut("👩‍👩‍👧 family", 4)).toBe("👩‍👩‍👧 …");
});

test("colours are for terminals without NO_COLOR", () => {
  const paint = (isTerminal: boolean, env: NodeJS.ProcessEnv) => {
    const { stream } = gathering(isTerminal);
    return openOutput({ stdout: stream, stderr: stream, env }).paint("red", "x");
  };
  expect(paint(true, {})).toBe("\x1b[31mx\x1b[39m");
  expect(paint(true, { NO_COLOR: "" })).toBe("\x1b[31mx\x1b[39m");
  expect(paint(true, { NO_COLOR: "1" })).toBe("x");
  expect(paint(true, { TERM: "dumb" })).toBe("x");
  expect(paint(false, {})).toBe("x");
});

test("what is live is redrawn below the lines that stay, and is gone at the end", async () => {
  const { stream, text } = gathering(true);
  const region = openLiveRegion(stream);
  region.show(["one"]);
  await expect.poll(text).toContain("one");
  region.persist("stays");
  region.show(["two"]);
  await expect.poll(text).toContain("two");
  region.close();
  const plain = stripVTControlCharacters(text());
  expect(plain.indexOf("stays")).toBeLessThan(plain.lastIndexOf("two"));
  expect(text()).toContain("\x1b[1A"); // up, to draw over what was there
  expect(text().trimEnd().endsWith("two")).toBe(false);
});

test("amounts are written as people read them", () => {
  expect([
    dollars(0.013545),
    dollars(12.5),
    limitDollars(0.1),
    limitDollars(5),
    limitDollars(0.000125),
  ]).toEqual(["$0.013545", "$12.50", "$0.10", "$5.00", "$0.000125"]);
  expect([850, 12_340, 65_000, 7_800_000, 273_600_000].map(duration)).toEqual([
    "850 ms",
    "12.3 s",
    "1 min 05 s",
    "2 h 10 min",
    "3 d 4 h",
  ]);
  const at = "2026-11-22T10:00:00.000Z";
  const nowMs = Date.parse(at);
  expect([nowMs, nowMs + 5_400, nowMs - 65_000].map((now) => ago(at, now))).toEqual([
    "now",
    "5 s ago",
    "in 1 min 05 s",
  ]);
  expect([bar(0, 4), bar(0.5, 4), bar(7, 4)]).toEqual(["░░░░", "██░░", "████"]);
});
