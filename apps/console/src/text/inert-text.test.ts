import { expect, it } from "vitest";
import { inertText, oneLine } from "./inert-text.ts";

it.each([
  ["a terminal's escape", "\u001b[31mred", "⟨ESC⟩[31mred"],
  ["a NUL and a bell", "a\u0000b\u0007", "a⟨U+0000⟩b⟨U+0007⟩"],
  ["a turn of the direction of writing", "invoice\u202Egnp.exe", "invoice⟨U+202E⟩gnp.exe"],
  ["characters of no width, which hide words in words", "pass\u200bword\ufeff", "pass⟨U+200B⟩word⟨U+FEFF⟩"],
  ["tag characters, which hide whole sentences", "hi\u{e0041}", "hi⟨U+E0041⟩"],
  ["a C1 control, which is an escape to some terminals", "\u009b2J", "⟨U+009B⟩2J"],
])("shows %s by a sign", (_, text, shown) => {
  expect(inertText(text)).toBe(shown);
});

it("leaves honest text as it is: lines, tabs, accents, emoji, Hebrew", () => {
  const text = "Zeile 1\n\tZeile 2: naïve שלום 👍🏽 👩‍🔧";
  expect(inertText(text)).toBe(text);
  expect(inertText("a\r\nb")).toBe("a\nb");
});

it("makes one line of many, and cuts it to a length", () => {
  expect(oneLine("  a\n\n b\tc ")).toBe("a b c");
  expect(oneLine("x".repeat(1_000_000), 10)).toBe(`${"x".repeat(9)}…`);
});
