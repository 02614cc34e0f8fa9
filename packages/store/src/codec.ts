/**
 * How an event's type and data become bytes and back. Scripts never look inside, so what stands here may
 * change (compression today, encryption later) without touching them. The first byte names the form:
 * `j` JSON; `z` deflated JSON; `t` JSON, a line break, and a tool's answer as it is. A reader knows every form ever written.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { NewEvent } from "@pawl/protocol";

export type Codec = {
  /** Text where that is enough: the client sends it without copying. */
  encode(event: NewEvent): Buffer | string;
  /** Throws where the bytes are of no known form. */
  decode(bytes: Buffer): NewEvent;
};

const JSON_FORM = 0x6a;
const TEXT_FORM = 0x74;
const DEFLATED_FORM = 0x7a;

/**
 * Below this many characters deflate costs a step more CPU than all the rest of it. A minute after its task has ended a
 * journal is compressed as a whole (archive.ts), better and at an eighth of the cost.
 */
const COMPRESS_FROM_CHARS = 4096;

export const compressingCodec: Codec = {
  encode(event) {
    const { type, data } = event;
    if (type === "tool.completed" && isPlain(data.content))
      return `t${JSON.stringify([type, { ...data, content: "" }])}\n${data.content}`;
    const json = JSON.stringify([type, data]);
    if (json.length < COMPRESS_FROM_CHARS) return `j${json}`;
    return withForm(DEFLATED_FORM, deflateRawSync(json, { level: 1 }));
  },
  decode(bytes) {
    if (bytes[0] === TEXT_FORM) return decodeText(bytes);
    const body = bytes.subarray(1);
    const json =
      bytes[0] === DEFLATED_FORM ? inflateRawSync(body) : bytes[0] === JSON_FORM ? body : undefined;
    if (json === undefined) throw new TypeError(`an event of unknown form ${bytes[0]}`);
    // Only `encode` writes these bytes, so the schema was satisfied when they were made.
    const [type, data] = JSON.parse(json.toString("utf8")) as [NewEvent["type"], NewEvent["data"]];
    return { type, data } as NewEvent;
  },
};

/**
 * Answers are JSON themselves more often than not: to escape every quote in them costs more than all else of a step. Half
 * a character would not survive as bytes.
 */
function isPlain(text: string): boolean {
  return text.length < COMPRESS_FROM_CHARS && text.isWellFormed();
}

/** JSON has no line breaks of its own: the first one ends it. */
function decodeText(bytes: Buffer): NewEvent {
  const end = bytes.indexOf("\n");
  type Answer = NewEvent & { type: "tool.completed" };
  const [type, data] = JSON.parse(bytes.toString("utf8", 1, end)) as [Answer["type"], Answer["data"]];
  data.content = bytes.toString("utf8", end + 1);
  return { type, data };
}

function withForm(form: number, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(body.length + 1);
  bytes[0] = form;
  body.copy(bytes, 1);
  return bytes;
}
