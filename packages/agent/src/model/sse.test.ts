/** Server-sent events out of bytes, however the network cuts them. */
import { describe, expect, it } from "vitest";
import { sseReader } from "./sse.ts";

type Heard = [name: string, data: string];

function read(...chunks: Uint8Array[]): Heard[] {
  const heard: Heard[] = [];
  const stream = sseReader((name, data) => heard.push([name, data]));
  for (const chunk of chunks) stream.feed(chunk);
  return heard;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const readText = (text: string) => read(bytes(text));

const lines = [
  "event: first",
  'data: {"text":"Grüße, 世界 🪜"}',
  "",
  ": a comment",
  "id: 7",
  "event:second",
  "data:one",
  "data:  two",
  "",
  "",
  "event: ping",
  "",
  "data: nameless",
  "",
  "event: last",
  "data: x",
  "",
  "",
];
const expected: Heard[] = [
  ["first", '{"text":"Grüße, 世界 🪜"}'],
  ["second", "one\n two"],
  ["ping", ""],
  ["last", "x"],
];

describe.each([
  ["LF", "\n"],
  ["CR LF", "\r\n"],
  ["CR", "\r"],
])("events whose lines end in %s", (_name, ending) => {
  const whole = bytes(lines.join(ending));

  it("are heard in one piece", () => {
    expect(read(whole)).toEqual(expected);
  });

  it("are heard byte by byte", () => {
    expect(read(...Array.from(whole, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  it("are heard in two pieces, wherever the cut is", () => {
    for (let at = 0; at <= whole.length; at++)
      expect(read(whole.subarray(0, at), whole.subarray(at)), `cut at ${at}`).toEqual(expected);
  });
});

it("an event is heard as soon as it is whole, and not before", () => {
  const heard: Heard[] = [];
  const stream = sseReader((name, data) => heard.push([name, data]));
  stream.feed(bytes("event: a\ndata: 1\n"));
  expect(heard).toEqual([]);
  stream.feed(bytes("\nevent: b"));
  expect(heard).toEqual([["a", "1"]]);
});

it("a mark of byte order before the first event is no part of it", () => {
  expect(readText("\uFEFFevent: a\ndata: 1\n\n")).toEqual([["a", "1"]]);
});

it("what the end of the stream cuts off is no event", () => {
  expect(readText("event: a\ndata: 1\n\nevent: b\ndata: 2\n")).toEqual([["a", "1"]]);
});

it("one long line in many pieces is one event", () => {
  const piece = "0123456789".repeat(100);
  const chunks = Array.from({ length: 1_000 }, () => bytes(piece));
  expect(read(bytes("event: a\ndata: "), ...chunks, bytes("\n\n"))).toEqual([["a", piece.repeat(1_000)]]);
});
