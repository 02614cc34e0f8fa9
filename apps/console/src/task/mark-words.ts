/** What the marks of a timeline say: of limits, loops and guards, and of events that this console has never heard of. */
import { words } from "../text/format.ts";
import { oneLine } from "../text/inert-text.ts";
import { listOf, numberOf, objectOf, textIn } from "./event-data.ts";

export type Tone = "plain" | "good" | "waiting" | "stopped" | "failed" | "survived";
export type MarkWords = { tone: Tone; title: string; text: string };

type Data = Record<string, unknown>;

const loopVerdicts: Readonly<Record<string, string>> = {
  warn: "Loop noticed: the model was told",
  block: "Loop: such calls are not run again",
  stop: "Loop: the next turn is the last",
};

export function markWords(type: string, data: Data): MarkWords {
  const limit = words(textIn(data, "limit"));
  switch (type) {
    case "limit.warned":
      return { tone: "waiting", title: `Close to a limit: ${limit}`, text: describe(data) };
    case "limit.reached":
      return { tone: "stopped", title: `Limit reached: ${limit}`, text: describe(data) };
    case "loop.warned":
      return {
        tone: textIn(data, "verdict") === "warn" ? "waiting" : "stopped",
        title: loopVerdicts[textIn(data, "verdict")] ?? "Loop noticed",
        text: oneLine(textIn(objectOf(data.evidence), "message") || words(textIn(data, "rule"))),
      };
    case "guardrail.flagged":
      return guardWords(data);
    case "guardrail.judged":
      return judgementWords(data);
    default:
      return { tone: "plain", title: titleOf(type), text: describe(data) };
  }
}

const guardActions: Readonly<Record<string, string>> = {
  allow: "let through",
  flag: "flagged",
  redact: "redacted",
  block: "blocked",
};

function guardWords(data: Data): MarkWords {
  const action = textIn(data, "action");
  const where = [textIn(data, "direction"), textIn(data, "tool") || textIn(data, "document")].filter(Boolean);
  const findings = listOf(data.findings).map(objectOf);
  const found = findings.map((finding) => {
    const score = numberOf(finding.score);
    return `${textIn(finding, "guard")} ${words(textIn(finding, "category"))} ${score.toFixed(2)}`;
  });
  return {
    tone: action === "block" ? "stopped" : "waiting",
    title: `Guardrail: ${[...where, guardActions[action] ?? "finding"].map((part) => oneLine(part, 40)).join(" ")}`,
    text: oneLine(found.length > 0 ? found.join(", ") : describe(data)),
  };
}

const judges: Readonly<Record<string, string>> = {
  second_opinion: "Second opinion",
  content: "Second look at the content",
  tone: "Tone of the answer",
};

function judgementWords(data: Data): MarkWords {
  const by = textIn(data, "by");
  const because = textIn(data, "because");
  return {
    tone: because === "" ? "plain" : "waiting",
    title: judges[by] ?? oneLine(`Judged: ${words(by)}`, 60),
    text: oneLine(because === "" ? words(textIn(data, "answer")) : `none: ${words(because)}`),
  };
}

function titleOf(type: string): string {
  const text = oneLine(type.replaceAll(".", " ").replaceAll("_", " "), 60);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function describe(data: Data): string {
  const message = textIn(data, "message");
  if (message !== "") return oneLine(message);
  const parts = Object.entries(data).filter(([, value]) => value !== null && typeof value !== "object");
  return oneLine(parts.map(([name, value]) => `${words(name)} ${String(value)}`).join(", "));
}
