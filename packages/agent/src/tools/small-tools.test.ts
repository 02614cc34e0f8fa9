import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { ToolDocument } from "../define-tool.ts";
import { currentTime } from "./current-time.ts";
import { htmlToText } from "./html-text.ts";
import { readDocument } from "./read-document.ts";
import { toolContext } from "./tool-context.fixture.ts";

describe("current_time", () => {
  const timeIn = async (time_zone?: string) =>
    currentTime.run(currentTime.input.parse(time_zone === undefined ? {} : { time_zone }), toolContext());

  it("is UTC unless a zone is given", async () => {
    expect(await timeIn()).toEqual({
      local: "2026-11-22T15:04:05",
      weekday: "Sunday",
      time_zone: "UTC",
      utc_offset: "+00:00",
      utc: "2026-11-22T15:04:05.000Z",
    });
  });

  it("knows zones, and that their day may be another", async () => {
    expect(await timeIn("Asia/Kolkata")).toMatchObject({
      local: "2026-11-22T20:34:05",
      utc_offset: "+05:30",
    });
    expect(await timeIn("Pacific/Kiritimati")).toMatchObject({
      local: "2026-11-23T05:04:05",
      weekday: "Monday",
    });
  });

  it("shows midnight as 00", async () => {
    const ctx = toolContext({ nowMs: () => Date.UTC(2026, 0, 1) });
    expect(await currentTime.run({}, ctx)).toMatchObject({ local: "2026-01-01T00:00:00" });
  });

  it.each(["Mars/Olympus", "not a zone", "../../etc/passwd"])("refuses %s", async (zone) => {
    await expect(timeIn(zone)).rejects.toMatchObject({ name: "ToolError", code: "unknown_time_zone" });
  });
});

describe("read_document", () => {
  const page = z.object({ text: z.string(), has_more: z.boolean(), next_offset: z.number().nullable() });
  const read = async (input: z.input<typeof readDocument.input>, documents: readonly ToolDocument[]) =>
    readDocument.run(readDocument.input.parse(input), toolContext({ documents }));

  it("returns a short document whole", async () => {
    expect(
      await read({ name: "a.md" }, [{ name: "a.md", mediaType: "text/markdown", text: "# Hi" }]),
    ).toEqual({
      name: "a.md",
      media_type: "text/markdown",
      offset: 0,
      text: "# Hi",
      total_chars: 4,
      has_more: false,
      next_offset: null,
    });
  });

  it.each([1, 2, 3, 7])("gives every character exactly once in pages of %d", async (limit) => {
    const text = "ab😀c😀😀d";
    let collected = "";
    let offset: number | null = 0;
    while (offset !== null) {
      const found: z.infer<typeof page> = page.parse(
        await read({ name: "x", offset, limit }, [{ name: "x", text }]),
      );
      expect(found.text.isWellFormed()).toBe(true);
      expect(found.has_more).toBe(found.next_offset !== null);
      collected += found.text;
      offset = found.next_offset;
    }
    expect(collected).toBe(text);
  });

  it("lists the names there are when it knows no document of that name", async () => {
    const documents = [
      { name: "one.txt", text: "" },
      { name: "two.txt", text: "" },
    ];
    await expect(read({ name: "/etc/passwd" }, documents)).rejects.toThrow('"one.txt", "two.txt"');
    await expect(read({ name: "__proto__" }, [])).rejects.toThrow("No documents were sent");
  });

  it("refuses a place past the end, and reads an empty document", async () => {
    await expect(read({ name: "x", offset: 4 }, [{ name: "x", text: "abc" }])).rejects.toThrow(
      "past the end",
    );
    expect(await read({ name: "x" }, [{ name: "x", text: "" }])).toMatchObject({ text: "", has_more: false });
  });
});

describe("htmlToText", () => {
  it.each([
    ["<p>One</p><p>Two <b>bold</b></p>", "One\n\nTwo bold"],
    ["<script>if (a < b) alert('</p>')</script>Text", "Text"],
    ["<style>p { color: red }</style><!-- <p>no</p> -->Yes", "Yes"],
    ["<ul><li>a<li>b</ul>", "a\nb"],
    ["a &lt; b &amp;amp; &#65;&#x42; &euro;5 &unknown;", "a < b &amp; AB €5 &unknown;"],
    ["1 < 2 and 3 > 2", "1 < 2 and 3 > 2"],
    ["<a href='x>y'>link</a>", "y'>link"],
    ["<!DOCTYPE html><html><head><title>T</title></head><body>B</body></html>", "T\n\nB"],
    ["<script>never closed", ""],
    ["text <b", "text"],
    ["&#0;&#xD800;&#x110000;x", "x"],
    ["", ""],
  ])("turns %s into %j", (html, text) => {
    expect(htmlToText(html)).toBe(text);
  });

  it.each(["<script>", "<script", "<!--", "<", "</", "<p>", "&", "&#", "<p \n", "<svg></sv"])(
    "reads a megabyte of %s in linear time",
    (piece) => {
      // Quadratic work over a megabyte takes minutes and would run into the test's time limit.
      expect(htmlToText(piece.repeat(Math.ceil(1_048_576 / piece.length)))).toEqual(expect.any(String));
    },
  );
});
