/** All there is to know of one row: its figures, what went in and what came out. */
import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import type { EventView } from "../api/shapes.ts";
import { count, duration, moment, usd, words } from "../text/format.ts";
import { inertText, oneLine } from "../text/inert-text.ts";
import { listOf, numberOf, objectOf, textIn } from "./event-data.ts";
import { type Row, turnTitle } from "./timeline-model.ts";

type Fact = [name: string, value: string];
type Part = { title: string; text: string };

export function StepDetails(props: {
  row: Row;
  events: readonly EventView[];
  draft: string;
  startMs: number;
  onClose: () => void;
}) {
  const { row, events, draft, startMs, onClose } = props;
  const panel = useRef<HTMLElement>(null);
  const { title, facts, parts } = detailsOf(row, events, draft);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another row begins at its top
  useEffect(() => {
    panel.current?.scrollTo(0, 0);
  }, [row.seq]);
  const event = events[row.seq - 1];
  const all: Fact[] = [
    ["Began", `${event === undefined ? "" : moment(event.at)} (+${duration(row.startMs - startMs)})`],
    ...(row.kind === "mark" || row.endMs === null
      ? []
      : [["Took", duration(row.endMs - row.startMs)] as Fact]),
    ...facts,
    ["Attempt", String(Math.max(1, row.attempt))],
    ["Event", String(row.seq)],
  ];
  return (
    <aside className="details" ref={panel} aria-label={`Details: ${title}`}>
      <div className="row">
        <h2 className="cut">{title}</h2>
        <button
          type="button"
          className="button plain icon small"
          aria-label="Close details"
          onClick={onClose}
        >
          <X size={15} aria-hidden />
        </button>
      </div>
      <dl>
        {all.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="tabular">{value}</dd>
          </div>
        ))}
      </dl>
      {parts.map(({ title, text }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one row do not change places
        <section key={index}>
          <h3>{title}</h3>
          <pre>{inertText(text)}</pre>
        </section>
      ))}
    </aside>
  );
}

function detailsOf(row: Row, events: readonly EventView[], draft: string) {
  switch (row.kind) {
    case "turn":
      return turnDetails(row, events, draft);
    case "call":
      return callDetails(row, events);
    case "wait": {
      const title = row.wait === "queue" ? "In the queue" : `Waiting for ${words(row.wait)}`;
      return { title, facts: [], parts: row.text === "" ? [] : [{ title: "Why", text: row.text }] };
    }
    case "mark": {
      const data = JSON.stringify(events[row.seq - 1]?.data ?? {}, null, 2);
      const parts = row.text === "" ? [] : [{ title: "What happened", text: row.text }];
      return { title: row.title, facts: [], parts: [...parts, { title: row.type, text: data }] };
    }
    default:
      return row satisfies never;
  }
}

function turnDetails(row: Row & { kind: "turn" }, events: readonly EventView[], draft: string) {
  const request = objectOf(dataOf(events, "model.requested", row.call));
  const reply = dataOf(events, "model.responded", row.call);
  const usage = objectOf(reply?.usage);
  const facts: Fact[] = [
    ["Model", row.model],
    ["Outcome", row.outcome === "lost" ? "lost with its worker" : row.outcome],
    ["Cost", `${usd(row.costUsd)}${row.isUnconfirmed ? ", its worst case: the bill was never seen" : ""}`],
    ["Held before", usd(numberOf(request.held_usd))],
    ["May answer", `${count(numberOf(request.max_tokens))} tokens`],
  ];
  if (reply !== undefined) {
    facts.push(
      ["Input", `${count(numberOf(usage.input_tokens))} tokens`],
      ["From the cache", `${count(numberOf(usage.cache_read_tokens))} tokens`],
      ["Into the cache", `${count(numberOf(usage.cache_write_tokens))} tokens`],
      ["Output", `${count(numberOf(usage.output_tokens))} tokens`],
      ["Ended by", words(textIn(reply, "stop_reason"))],
    );
  }
  if (textIn(request, "last_because") !== "")
    facts.push(["Last turn, because", words(textIn(request, "last_because"))]);
  const parts: Part[] = listOf(reply?.content).map(objectOf).map(partOf);
  if (row.outcome === "open" && draft !== "") parts.push({ title: "Is writing", text: draft });
  if (row.outcome === "failed") parts.push({ title: "Failure", text: row.text });
  const title = turnTitle(row);
  return { title, facts, parts };
}

function callDetails(row: Row & { kind: "call" }, events: readonly EventView[]) {
  const done = dataOf(events, "tool.completed", row.call);
  const failed = dataOf(events, "tool.failed", row.call);
  const facts: Fact[] = [["Outcome", row.outcome === "lost" ? "lost with its worker" : row.outcome]];
  if (row.effect !== null) facts.push(["Effect", row.effect]);
  if (row.costUsd > 0) facts.push(["Cost", usd(row.costUsd)]);
  const parts: Part[] = [];
  const input = inputOf(events, row.call);
  if (input !== undefined) parts.push({ title: "Input", text: JSON.stringify(input, null, 2) });
  if (done !== undefined) parts.push({ title: "Result", text: readable(textIn(done, "content")) });
  if (failed !== undefined) {
    const error = objectOf(failed.error);
    parts.push({
      title: "Failure, as the model was told",
      text: `${textIn(error, "code")}: ${textIn(error, "message")}`,
    });
  }
  return { title: oneLine(row.tool, 60), facts, parts };
}

function partOf(block: Record<string, unknown>): Part {
  if (block.type === "text") return { title: "Text", text: textIn(block, "text") };
  if (block.type === "thinking") return { title: "Thinking", text: textIn(block, "thinking") };
  if (block.type === "tool_use") {
    return {
      title: `Asks for ${oneLine(textIn(block, "name"), 60)}`,
      text: JSON.stringify(block.input ?? {}, null, 2),
    };
  }
  return { title: words(String(block.type)), text: JSON.stringify(block, null, 2) };
}

function dataOf(
  events: readonly EventView[],
  type: string,
  call: string,
): Record<string, unknown> | undefined {
  return events.findLast((event) => event.type === type && event.data.call === call)?.data;
}

function inputOf(events: readonly EventView[], call: string): unknown {
  for (const { type, data } of events) {
    if (type !== "model.responded") continue;
    const block = listOf(data.content)
      .map(objectOf)
      .find(({ id }) => id === call);
    if (block !== undefined) return block.input;
  }
  return undefined;
}

/** What is JSON on one line is easier to read on several. */
function readable(text: string): string {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
