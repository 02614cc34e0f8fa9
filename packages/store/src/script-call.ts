/**
 * A script's call as a command of the client. What the client does to a command of any kind (flatten its arguments, ask of
 * each what it is, measure it) costs more than all else here, at some thirty arguments a call; so these are written down
 * at once. The client sees the script and the base, by which it finds the node of a cluster.
 */
import { Command } from "ioredis";

export class ScriptCall extends Command {
  readonly #argv: readonly (string | number)[];

  constructor(how: "fcall" | "evalsha", script: string, base: string, argv: readonly (string | number)[]) {
    super(how, [script, "1", base], { replyEncoding: null });
    this.#argv = argv;
  }

  /** Called once more where a connection was lost and the command is sent again. */
  override toWritable(): string {
    let text = `*${4 + this.#argv.length}\r\n${bulk(this.name)}`;
    for (const argument of this.args) text += bulk(String(argument));
    for (const argument of this.#argv)
      text += typeof argument === "string" ? bulk(argument) : digits(argument);
    return text;
  }
}

/** A string as Redis reads it: its length in bytes comes first. */
function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

function digits(number: number): string {
  const text = String(number);
  return `$${text.length}\r\n${text}\r\n`;
}
