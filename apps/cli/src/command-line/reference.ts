/** docs/cli.md, from the table of commands; a test holds the file to it. */
import { apiOptions, type Command, commonOptions, type Options } from "./command.ts";
import { exitCodeMeanings } from "./fault.ts";
import { signature } from "./help.ts";
import { usageLine } from "./parse.ts";

const INTRODUCTION = `# The command line

\`npx pawl\` is a client of the public API, and the operator's hands. This page is written from the commands themselves.

Under \`npm start\` nothing has to be set: \`pawl\` finds the address and the key of the Pawl that runs from its folder. For
another one, set \`PAWL_URL\` and \`PAWL_API_KEY\`. The key kept on this machine is never sent to another.

\`\`\`sh
npx pawl run "Which of my orders was the largest?" --agent support --user C-1042 --watch
\`\`\`
\`\`\`
task_01m82r5e1aa2g0p7pqeqbn6md9 support, claude-sonnet-5-5, may cost $0.50
  turn 1: claude-sonnet-5-5 asks for query_orders (1085 tokens in, 10 out, $0.002812)
  tool query_orders: done in 8 ms

● running  4 s · support · claude-sonnet-5-5
  turns 1/50   calls 1/200   tokens 1,095/500,000
  ░░░░░░░░░░░░░░░░░░░░░░░░ $0.002812 of $0.50 (0.6 %)  $0.012480 held
  ┆ I found 65 orders between 2023-11-10 and
\`\`\`

The last lines are redrawn in place. Where standard output is no terminal there are plain lines, one for each step, and no
colours; on a terminal \`NO_COLOR\` takes them away. Text of users, models and tools is written out, never interpreted: an
escape character appears as \`\\x1b\`.

With \`--json\` every command prints JSON in the API's own shapes: lists as \`{"data": […], "next_cursor": …}\`, what is
watched as one object a line. A fault is then \`{"error": {"code", "message", "fix", "request_id"}, "exit_code"}\` on standard
error.
`;

export function referencePage(commands: readonly Command[]): string {
  const codes = exitCodeMeanings.map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return [
    INTRODUCTION,
    "## Exit codes",
    "",
    "| code | means |",
    "|---|---|",
    ...codes,
    "",
    "## Options of every command",
    "",
    ...optionTable({ ...commonOptions, ...apiOptions }),
    "",
    "## Commands",
    "",
    ...commands.flatMap(referenceOf),
  ].join("\n");
}

function referenceOf(command: Command): string[] {
  const args = command.arguments ?? [];
  return [
    `### pawl ${command.name}`,
    "",
    command.about,
    ...(command.details === undefined ? [] : ["", command.details]),
    "",
    "```",
    usageLine(command),
    "```",
    "",
    ...(args.length === 0 ? [] : [...args.map(({ name, about }) => `- \`${name}\`: ${about}`), ""]),
    ...(command.options === undefined ? [] : [...optionTable(command.options), ""]),
    "```sh",
    ...command.examples.flatMap(({ about, line }) => [`# ${about}`, line]),
    "```",
    "",
  ];
}

function optionTable(options: Options): string[] {
  const row = ([name, option]: [string, Options[string]]) =>
    `| \`${signature(name, option).replaceAll("|", "\\|")}\` | ${option.about} |`;
  return ["| option | |", "|---|---|", ...Object.entries(options).map(row)];
}
