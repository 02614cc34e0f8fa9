/** `pawl loops check FILE`: the loop detector, offline. */
import { once } from "node:events";
import { defineCommand } from "../command-line/command.ts";

export const loopsCheckCommand = defineCommand({
  name: "loops check",
  about: "Replay what an agent did through the loop detector, offline.",
  details:
    "Each line of the file is an observation (`turn`, `input?`, `tool?`, `args?`, `result?`, `isError?`, `text?`, `atMs?`), each line of the answer its verdict, as JSON. Exit code 1: a line cannot be read.",
  asksApi: false,
  arguments: [{ name: "FILE.jsonl", about: "The observations, one JSON object a line." }],
  examples: [{ about: "Only what is no `ok`", line: "pawl loops check rows.jsonl | grep -v '\"ok\"'" }],
  async run({ args: [path = ""], out }) {
    const { loopsCheck } = await import("../loops-check.ts");
    const code = await loopsCheck(path, { out: out.line, err: out.errorLine });
    if (out.stream.writableNeedDrain) await once(out.stream, "drain");
    return code;
  },
});
