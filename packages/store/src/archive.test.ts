import { deflateRawSync } from "node:zlib";
import type { NewEvent } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { archivedEvent, MOST_ARCHIVED_BYTES, packJournal, storedEntry, unpackJournal } from "./archive.ts";
import { type Codec, compressingCodec as codec } from "./codec.ts";
import { decodeStored } from "./journal.ts";

function completedCall(call: string, text: string): NewEvent {
  return { type: "tool.completed", data: { call, tool: "t", content: text, duration_ms: 3 } };
}

function stored(event: NewEvent, at = 1_790_000_000_123, attempt = 1): Buffer {
  const bytes = codec.encode(event);
  return Buffer.concat([
    Buffer.from(`${at}.${attempt}|`),
    typeof bytes === "string" ? Buffer.from(bytes) : bytes,
  ]);
}

async function packed(entries: readonly Buffer[], by: Codec = codec): Promise<Buffer> {
  const archive = await packJournal(by, entries);
  if (archive === undefined) throw new Error("not archived");
  return archive;
}

describe("an archive", () => {
  const texts = [
    "short",
    "",
    'two\nlines\r\n, a | bar, \u2028, \u0000, "quotes", ü, 😀, and half of one: \ud83d',
    "long enough to be deflated by itself. ".repeat(40),
    `{"__proto__":1,"2":"b","1":"a"}`,
  ];

  it("gives back every event and every stored byte", async () => {
    const entries = texts.map((text, i) => stored(completedCall(`c${i}`, text), 1_790_000_000_000 + i, i));
    const lines = await unpackJournal(await packed(entries));
    expect(lines.map((line, i) => archivedEvent(line, i + 1))).toEqual(
      entries.map((entry, i) => decodeStored(codec, entry, i + 1)),
    );
    expect(lines.map((line) => storedEntry(codec, line))).toEqual(entries);
  });

  it("does so for a long journal, wherever a stretch of text happens to end", async () => {
    const entry = stored(completedCall("c", "x".repeat(64 * 1024)));
    for (const length of [1, 3, 4, 5, 8, 9]) {
      const entries = Array.from({ length }, () => entry);
      const lines = await unpackJournal(await packed(entries));
      expect(lines.map((line) => storedEntry(codec, line))).toEqual(entries);
    }
  });

  it("takes less than half of what its entries take when each is compressed by itself", async () => {
    const row = (i: number) =>
      JSON.stringify({ order_id: 100_000 + i * 7919, item: "Desk lamp", quantity: i % 5 });
    const page = (p: number) => Array.from({ length: 30 }, (_, i) => row(p * 30 + i)).join("\n");
    const entries = Array.from({ length: 25 }, (_, p) => stored(completedCall(`c${p}`, page(p))));
    const alone = entries.reduce((sum, entry) => sum + entry.length, 0);
    expect((await packed(entries)).length).toBeLessThan(alone / 2);
  });
});

describe("no archive is made", () => {
  it("of nothing", async () => {
    expect(await packJournal(codec, [])).toBeUndefined();
  });

  it("of an entry whose form a newer version wrote", async () => {
    const entries = [stored(completedCall("c", "text")), Buffer.from("1.1|?what is this")];
    expect(await packJournal(codec, entries)).toBeUndefined();
  });

  it("of more than a reader would inflate", async () => {
    const entry = stored(completedCall("c", "x".repeat(1024 * 1024)));
    const most = Math.floor(MOST_ARCHIVED_BYTES / (1024 * 1024)) - 1;
    expect(await unpackJournal(await packed(Array.from({ length: most }, () => entry)))).toHaveLength(most);
    expect(
      await packJournal(
        codec,
        Array.from({ length: most + 1 }, () => entry),
      ),
    ).toBeUndefined();
  });
});

describe("bytes that are no archive are refused", () => {
  it.each([
    ["of an unknown form", Buffer.from("?archive")],
    ["empty", Buffer.alloc(0)],
    ["cut off", Buffer.concat([Buffer.from("d"), deflateRawSync("1.1|[]".repeat(100)).subarray(0, 8)])],
    ["a bomb", Buffer.concat([Buffer.from("d"), deflateRawSync(Buffer.alloc(MOST_ARCHIVED_BYTES + 1))])],
  ])("%s", async (_, bytes) => {
    await expect(unpackJournal(bytes)).rejects.toThrow();
  });
});
