/** `pawl guard check FILE`: the guardrails, offline. */
import { defineCommand } from "../command-line/command.ts";

export const guardCheckCommand = defineCommand({
  name: "guard check",
  about: "Judge texts by the guardrails' default policy, offline.",
  details:
    'Each line of the file is `{"text": …, "direction"?: "input"|"output"|"tool"}`, each line of the answer its verdict, as JSON. Exit code 1: a line cannot be read; the others are judged.',
  asksApi: false,
  arguments: [
    { name: "FILE.jsonl", about: "The texts, one JSON object a line. `-` reads them from standard input." },
  ],
  options: {
    "second-tier": {
      type: "flag",
      about: "Judge content by sentence embeddings, too: better, some 20 ms a sentence.",
    },
  },
  examples: [
    { about: "A file of texts", line: "pawl guard check texts.jsonl" },
    { about: "What is blocked of a stream", line: "cat texts.jsonl | pawl guard check - | grep '\"block\"'" },
  ],
  async run({ args: [path = ""], options, stdin, out }) {
    // Its models and numbering plans cost the other commands nothing.
    const { guardCheck } = await import("../guard-check.ts");
    const io = { stdin, stdout: out.stream, err: out.errorLine };
    return guardCheck(path, io, { secondTier: options["second-tier"] });
  },
});
