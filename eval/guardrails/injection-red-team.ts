/**
 * Reads the sets written by hand (the red team, a blind one, a fresh one): headings `[attack kind]` and `[honest kind]`,
 * a text a line, `\n` for a line break.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface RedTeamText {
  text: string;
  attack: boolean;
  /** `direct`, `trigger` … */
  kind: string;
}

export type HandWrittenSet = "red-team" | "blind" | "fresh";

export const readRedTeam = (set: HandWrittenSet = "red-team"): RedTeamText[] => {
  const texts: RedTeamText[] = [];
  let heading: { attack: boolean; kind: string } | undefined;
  for (const line of readFileSync(join(import.meta.dirname, `injection-${set}.txt`), "utf8").split("\n")) {
    const [, side, kind] = /^\[(attack|honest) (\w+)\]$/.exec(line) ?? [];
    if (kind !== undefined) heading = { attack: side === "attack", kind };
    else if (heading !== undefined && line !== "" && !line.startsWith(";;"))
      texts.push({ text: line.replaceAll("\\n", "\n").replaceAll("\\|", "|"), ...heading });
  }
  return texts;
};
