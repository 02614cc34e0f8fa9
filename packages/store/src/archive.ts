/**
 * The form of a finished journal: one deflated text instead of a list of entries, since events resemble each other
 * and take a third of the room when they are compressed together instead of each by itself. The first byte names the
 * form: `d` is deflated lines, one for each event, in order: its stamp, then `[type, data]` as JSON, which has no line
 * breaks of its own.
 *
 * Nothing is lost: what `packJournal` was given, `storedEntry` gives back line by line, events and stamps alike.
 */
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import type { Event, NewEvent } from "@pawl/protocol";
import type { Codec } from "./codec.ts";
import { readStamp, STAMP_END } from "./stamp.ts";

const DEFLATED_LINES_FORM = 0x64;

/** A journal with more text stays a list. It bounds what an archive may inflate to, and the pause that takes. */
export const MOST_ARCHIVED_BYTES = 32 * 1024 * 1024;

/** So much text is made at a stretch: the worker has other tasks, whose locks want to be renewed. */
const BYTES_AT_A_STRETCH = 256 * 1024;

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/**
 * The archive of a journal, from the entries as they are stored. Undefined where there is nothing to archive, where
 * it would be too large, or where an entry is of a form that this version does not know.
 */
export async function packJournal(codec: Codec, stored: readonly Buffer[]): Promise<Buffer | undefined> {
  if (stored.length === 0) return undefined;
  const stretches: Buffer[] = [];
  let lines: string[] = [];
  let [chars, bytes] = [0, 0];
  for (const entry of stored) {
    const line = lineOf(codec, entry);
    if (line === undefined) return undefined;
    lines.push(line);
    chars += line.length;
    if (chars < BYTES_AT_A_STRETCH) continue;
    const stretch = Buffer.from(`${lines.join("\n")}\n`);
    stretches.push(stretch);
    bytes += stretch.length;
    if (bytes > MOST_ARCHIVED_BYTES) return undefined;
    [lines, chars] = [[], 0];
    await setImmediate();
  }
  const text = Buffer.concat([...stretches, Buffer.from(lines.join("\n"))]);
  if (text.length > MOST_ARCHIVED_BYTES) return undefined;
  return Buffer.concat([Buffer.of(DEFLATED_LINES_FORM), await deflate(text, { level: 6 })]);
}

/** The lines of an archive, one for each event; the n-th is the event with the seq n + 1. Throws where it is none. */
export async function unpackJournal(archive: Buffer): Promise<string[]> {
  if (archive[0] !== DEFLATED_LINES_FORM) throw new TypeError(`an archive of unknown form ${archive[0]}`);
  const text = await inflate(archive.subarray(1), { maxOutputLength: MOST_ARCHIVED_BYTES });
  const lines = text.toString("utf8").split("\n");
  // What ends with a full stretch ends with a line break.
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

export function archivedEvent(line: string, seq: number): Event {
  const bar = line.indexOf("|");
  return { seq, ...readStamp(line.slice(0, bar)), ...eventOf(line.slice(bar + 1)) };
}

/** The entry as the journal's list had it: the same stamp, the event as the codec writes it today. */
export function storedEntry(codec: Codec, line: string): Buffer {
  const from = line.indexOf("|") + 1;
  const event = codec.encode(eventOf(line.slice(from)));
  return Buffer.concat([
    Buffer.from(line.slice(0, from), "latin1"),
    typeof event === "string" ? Buffer.from(event) : event,
  ]);
}

function lineOf(codec: Codec, entry: Buffer): string | undefined {
  const from = entry.indexOf(STAMP_END) + 1;
  let event: NewEvent;
  try {
    event = codec.decode(entry.subarray(from));
  } catch {
    // Written by a newer version, which can archive it.
    return undefined;
  }
  return entry.toString("latin1", 0, from) + JSON.stringify([event.type, event.data]);
}

function eventOf(json: string): NewEvent {
  // Only `packJournal` writes these lines, from events that satisfied their schema when they were made.
  const [type, data] = JSON.parse(json) as [NewEvent["type"], NewEvent["data"]];
  return { type, data } as NewEvent;
}
