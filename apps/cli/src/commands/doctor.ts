/** `pawl doctor`: looks at everything that Pawl stands on, and says of each fault what mends it. */
import { defineCommand } from "../command-line/command.ts";
import { exitCodes } from "../command-line/fault.ts";
import type { Finding } from "../doctor/examine.ts";
import type { Colour } from "../terminal/output.ts";

export const doctorCommand = defineCommand({
  name: "doctor",
  about:
    "Look for what is broken: Node, Redis, the api, keys, the configuration, the model. Says what mends it.",
  details: "It changes nothing and starts nothing. Exit code 1: something is broken; warnings alone are 0.",
  asksApi: true,
  examples: [
    { about: "Everything here", line: "pawl doctor" },
    {
      about: "A server, as it is configured",
      line: "REDIS_URL=redis://cache:6379 PAWL_URL=https://pawl.example pawl doctor",
    },
    {
      about: "Only what is broken",
      line: "pawl doctor --json | jq '.findings[] | select(.state == \"broken\")'",
    },
  ],
  async run({ env, root, signal, connection, out, json }) {
    // It knows every room: loaded only for this.
    const { examine } = await import("../doctor/examine.ts");
    const findings: Finding[] = [];
    const say = (finding: Finding) => {
      findings.push(finding);
      if (json) return;
      const [colour, mark] = MARKS[finding.state];
      out.line(`${out.paint(colour, mark)} ${finding.subject.padEnd(14)} ${out.inert(finding.message)}`);
      for (const line of finding.fix?.split("\n") ?? [])
        out.line(`  ${" ".repeat(19)} ${out.paint("dim", "fix:")} ${out.inert(line)}`);
    };
    for await (const finding of examine({ env, root, signal, connection })) say(finding);
    const broken = findings.filter(({ state }) => state === "broken").length;
    const warnings = findings.filter(({ state }) => state === "warning").length;
    if (json) out.json({ ok: broken === 0, broken, warnings, findings });
    else if (broken > 0) out.line(`\n${broken} broken, ${warnings} to look at.`);
    else out.line(warnings > 0 ? `\nNothing is broken, ${warnings} to look at.` : "\nAll is well.");
    return broken > 0 ? exitCodes.failed : exitCodes.ok;
  },
});

const MARKS: Record<Finding["state"], readonly [Colour, string]> = {
  ok: ["green", "ok     "],
  warning: ["yellow", "look at"],
  broken: ["red", "broken "],
};
