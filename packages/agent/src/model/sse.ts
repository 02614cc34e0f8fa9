/**
 * Server-sent events, fed with bytes as they come and heard as soon as they are whole. As the standard says: any line
 * ending, several `data` lines are one text, comments and unknown fields are nothing, and so is what the stream's end
 * cuts off. Events without a name are passed over: the Messages API names each of its own.
 */
import { StringDecoder } from "node:string_decoder";

export type SseReader = { feed(bytes: Uint8Array): void };

export function sseReader(onEvent: (name: string, data: string) => void): SseReader {
  const decoder = new StringDecoder("utf8");
  let isFirst = true;
  let endedInCr = false;
  /** Of a line whose end is still to come. */
  let begun = "";
  let name = "";
  let data: string | undefined;

  const takeLine = (line: string): void => {
    if (line.startsWith("data:")) {
      const value = fieldValue(line, 5);
      data = data === undefined ? value : `${data}\n${value}`;
    } else if (line.startsWith("event:")) name = fieldValue(line, 6);
    else if (line === "") {
      const whole = { name, data };
      name = "";
      data = undefined;
      if (whole.name !== "") onEvent(whole.name, whole.data ?? "");
    }
  };

  return {
    feed(bytes) {
      let text = decoder.write(bytes);
      if (text === "") return;
      if (isFirst && text.startsWith("\uFEFF")) text = text.slice(1);
      isFirst = false;
      // A CR ends its line at once; if an LF follows, it belongs to it.
      if (endedInCr && text.startsWith("\n")) text = text.slice(1);
      endedInCr = text.endsWith("\r");
      if (text.includes("\r")) text = text.replace(/\r\n?/g, "\n");
      // A long line in many pieces is put together once: each look into `begun` would copy it.
      let end = text.indexOf("\n");
      if (end === -1) {
        begun += text;
        return;
      }
      takeLine(begun + text.slice(0, end));
      let at = end + 1;
      for (end = text.indexOf("\n", at); end !== -1; end = text.indexOf("\n", at)) {
        takeLine(text.slice(at, end));
        at = end + 1;
      }
      begun = text.slice(at);
    },
  };
}

/** After the colon and at most one space. */
function fieldValue(line: string, at: number): string {
  return line.slice(line.charCodeAt(at) === 0x20 ? at + 1 : at);
}
