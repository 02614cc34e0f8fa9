/**
 * Reads the sets written by hand (the red team, a blind one, a fresh one, a buried one): headings `[attack kind]` and `[honest kind]`,
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

export type HandWrittenSet = "red-team" | "blind" | "fresh" | "framed";

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

export interface BuriedText extends RedTeamText {
  /** Where the attack stands, as in the file: "email", "table" or "code"; for what is not buried, the kind again. */
  carrier: string;
}

const CARRIERS = ["email", "table", "code"];
const PLACES = [
  (attack: string, text: string) => `${attack}\n\n${text}`,
  (attack: string, text: string) => {
    const breaks = [...text.matchAll(/(?<=[.!?]) |\n+/g)].map((found) => found.index);
    const at = breaks[Math.floor(breaks.length / 2)] ?? text.length;
    return `${text.slice(0, at)}\n${attack}\n${text.slice(at)}`;
  },
  (attack: string, text: string) => `${text}\n\n${attack}`,
];

/** Each attack of `injection-framed.txt` in one document of each carrier, places in turn; and everything honest in it. */
export const readBuried = (): BuriedText[] => {
  const texts = readRedTeam("framed").map((text): BuriedText => ({ ...text, carrier: text.kind }));
  const honest = texts.filter(({ attack }) => !attack);
  const buried = texts
    .filter(({ attack }) => attack)
    .flatMap((attack, nth) =>
      CARRIERS.map((carrier, turn): BuriedText => {
        const documents = honest.filter(({ kind }) => kind === carrier);
        const document = documents[nth % documents.length]?.text ?? "";
        const bury = PLACES[(nth + turn) % PLACES.length];
        return { ...attack, carrier, text: bury?.(attack.text, document) ?? document };
      }),
    );
  return [...buried, ...honest];
};
