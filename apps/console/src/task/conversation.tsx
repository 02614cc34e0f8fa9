/**
 * The conversation as people read it: what was asked, what the model said, what its tools found, and in its place
 * what Pawl had to say. All of it is text and stays text: no markup, no pictures, no links of its own.
 */
import { Bot, Info, User, Wrench } from "lucide-react";
import { useMemo } from "react";
import type { EventView } from "../api/shapes.ts";
import { duration, words } from "../text/format.ts";
import { inertText, oneLine } from "../text/inert-text.ts";
import { listOf, numberOf, objectOf, textIn } from "./event-data.ts";
import { timelineOf } from "./timeline-model.ts";

type Said =
  | { kind: "user" | "model"; seq: number; text: string; note: string }
  | { kind: "thinking"; seq: number; text: string }
  | { kind: "call"; seq: number; tool: string; input: string; answer: CallAnswer | null }
  | { kind: "note"; seq: number; title: string; text: string };
type CallAnswer = { isFailed: boolean; text: string; tookMs: number };

export function Conversation({ events, draft }: { events: readonly EventView[]; draft: string }) {
  const said = useMemo(() => saidIn(events), [events]);
  return (
    <ol className="conversation">
      {said.map((each) => (
        <li key={`${each.kind}-${each.seq}`} data-kind={each.kind}>
          <Saying said={each} />
        </li>
      ))}
      {draft === "" ? null : (
        <li data-kind="model" aria-busy="true">
          <Heading Icon={Bot} name="Model" note="is writing…" />
          <div className="text">{inertText(draft)}</div>
        </li>
      )}
    </ol>
  );
}

function Saying({ said }: { said: Said }) {
  switch (said.kind) {
    case "user":
    case "model":
      return (
        <>
          <Heading
            Icon={said.kind === "user" ? User : Bot}
            name={said.kind === "user" ? "Task" : "Model"}
            note={said.note}
          />
          <div className="text">{inertText(said.text)}</div>
        </>
      );
    case "thinking":
      return (
        <details>
          <summary className="soft">Thinking</summary>
          <div className="text soft">{inertText(said.text)}</div>
        </details>
      );
    case "call":
      return (
        <details>
          <summary>
            <Wrench size={14} aria-hidden />
            <b>{oneLine(said.tool, 60)}</b>
            <span className="cut mono soft">{oneLine(said.input, 200)}</span>
            <span className="soft number">{stateOf(said.answer)}</span>
          </summary>
          <h3>Input</h3>
          <pre>{inertText(said.input)}</pre>
          <h3>{said.answer?.isFailed ? "Failure, as the model was told" : "Result"}</h3>
          <pre>{said.answer === null ? "not there yet" : inertText(said.answer.text)}</pre>
        </details>
      );
    case "note":
      return (
        <p className="soft">
          <Info size={14} aria-hidden />
          <b>{said.title}</b> {said.text}
        </p>
      );
    default:
      return said satisfies never;
  }
}

function Heading({ Icon, name, note }: { Icon: typeof Bot; name: string; note: string }) {
  return (
    <h3 className="row">
      <Icon size={15} aria-hidden />
      {name}
      <span className="faint">{note}</span>
    </h3>
  );
}

function stateOf(answer: CallAnswer | null): string {
  if (answer === null) return "…";
  return `${answer.isFailed ? "failed" : "done"} · ${duration(answer.tookMs)}`;
}

function saidIn(events: readonly EventView[]): Said[] {
  const answers = new Map<string, CallAnswer>();
  for (const { type, data } of events) {
    if (type !== "tool.completed" && type !== "tool.failed") continue;
    const isFailed = type === "tool.failed";
    const error = objectOf(data.error);
    const text = isFailed ? `${textIn(error, "code")}: ${textIn(error, "message")}` : textIn(data, "content");
    answers.set(textIn(data, "call"), { isFailed, text, tookMs: numberOf(data.duration_ms) });
  }
  const replaced = replacedTexts(events);
  for (const [call, answer] of answers) {
    const text = replaced.tool.get(call);
    if (text !== undefined) answers.set(call, { ...answer, text });
  }
  // What judges say is no part of the conversation: their marks tell it.
  const judges = new Set(
    events.flatMap(({ type, data }) => (type === "guardrail.judged" ? [textIn(data, "call")] : [])),
  );
  const said = events.flatMap((event) =>
    event.type === "model.responded" && judges.has(textIn(event.data, "call"))
      ? []
      : sayingsOf(event, answers, replaced),
  );
  const notes = timelineOf(events).rows.flatMap((row): Said[] =>
    row.kind === "mark" ? [{ kind: "note", seq: row.seq, title: row.title, text: row.text }] : [],
  );
  return [...said, ...notes].sort((a, b) => a.seq - b.seq);
}

type Replaced = Readonly<Record<"input" | "output" | "tool", ReadonlyMap<string, string>>>;

/** What a guard put in the place of a text, by the call whose text it was: it is what everybody else was shown. */
function replacedTexts(events: readonly EventView[]): Replaced {
  const replaced = {
    input: new Map<string, string>(),
    output: new Map<string, string>(),
    tool: new Map<string, string>(),
  };
  for (const { type, data } of events) {
    const { direction, text } = data;
    if (type !== "guardrail.flagged" || typeof text !== "string") continue;
    if (direction === "input" || direction === "output" || direction === "tool")
      replaced[direction].set(textIn(data, "call"), text);
  }
  return replaced;
}

/** `seq` with a place behind the point: several sayings may stand in one event. */
function sayingsOf(
  { seq, type, data }: EventView,
  answers: ReadonlyMap<string, CallAnswer>,
  replaced: Replaced,
): Said[] {
  if (type === "task.submitted") {
    const input = objectOf(data.input);
    const documents = listOf(input.documents).map(objectOf);
    const names = documents.map((document) => oneLine(textIn(document, "name"), 80)).join(", ");
    return [
      {
        kind: "user",
        seq,
        text: replaced.input.get("") ?? textIn(input, "text"),
        note: names === "" ? "" : `with ${names}`,
      },
    ];
  }
  if (type === "context.summarised") {
    return [{ kind: "note", seq, title: "Summarised to make room:", text: inertText(textIn(data, "text")) }];
  }
  if (type !== "model.responded") return [];
  const instead = replaced.output.get(textIn(data, "call"));
  const ended = textIn(data, "stop_reason");
  const note =
    instead !== undefined
      ? "as a guard has redacted it"
      : ended === "end_turn" || ended === "tool_use"
        ? ""
        : `ended by ${words(ended)}`;
  const blocks = listOf(data.content).map(objectOf);
  const firstText = blocks.findIndex(({ type }) => type === "text");
  return blocks.flatMap((block, index): Said[] => {
    const at = seq + index / 1_000;
    switch (block.type) {
      case "text": {
        // What stands in its place stands for all of its text.
        const text = instead === undefined ? textIn(block, "text") : index === firstText ? instead : "";
        return text === "" ? [] : [{ kind: "model", seq: at, text, note }];
      }
      case "thinking":
        return textIn(block, "thinking") === ""
          ? []
          : [{ kind: "thinking", seq: at, text: textIn(block, "thinking") }];
      case "tool_use":
        return [
          {
            kind: "call",
            seq: at,
            tool: textIn(block, "name"),
            input: JSON.stringify(block.input ?? {}, null, 2),
            answer: answers.get(textIn(block, "id")) ?? null,
          },
        ];
      default:
        return [{ kind: "note", seq: at, title: words(String(block.type)), text: "" }];
    }
  });
}
