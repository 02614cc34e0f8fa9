/**
 * One calm line for an event of a task's journal, or none for events that say nothing new to a watcher.
 * Unknown types are shown by their name: the journal may learn new ones.
 */
import { isJudgement } from "@pawl/protocol";
import { dollars } from "../terminal/amounts.ts";

/** What is needed of an event here. */
export type DescribedEvent = { type: string; data: Readonly<Record<string, unknown>> };

/** Numbers the turns of one task as they pass. */
export function makeEventLines(): (event: DescribedEvent) => string | undefined {
  let turns = 0;
  let purpose: unknown;
  return ({ type, data }) => {
    switch (type) {
      case "task.submitted":
      case "task.started":
      case "model.requested":
        purpose = data.purpose;
        return undefined;
      case "tool.started":
      case "guardrail.referred":
      case "task.completed":
        return undefined;
      case "model.responded":
        // What a judge said is told by the event behind it.
        if (isJudgement({ purpose })) return undefined;
        turns += 1;
        return `turn ${turns}: ${describeReply(data)}`;
      case "tool.completed":
        return `tool ${text(data.tool)}: done in ${Math.round(number(data.duration_ms))} ms`;
      case "guardrail.judged":
        return `${text(data.by).replaceAll("_", " ")}: ${text(data.answer ?? data.because ?? "heard").replaceAll("_", " ")}`;
      case "tool.failed":
      case "model.failed":
        return `${type === "tool.failed" ? `tool ${text(data.tool)}` : "model call"} failed: ${describeError(data.error)}`;
      case "task.waiting":
        return `waiting for ${text(data.for)}${data.message === undefined ? "" : `: ${text(data.message)}`}`;
      default:
        return [type, data.message, data.error && describeError(data.error)].filter(Boolean).join(": ");
    }
  };
}

function describeReply(data: Record<string, unknown>): string {
  const usage = member(data.usage);
  const tokens = `${number(usage.input_tokens) + number(usage.cache_read_tokens) + number(usage.cache_write_tokens)} tokens in, ${number(usage.output_tokens)} out`;
  const blocks = Array.isArray(data.content) ? data.content.map(member) : [];
  const calls = blocks.filter((block) => block.type === "tool_use").map((block) => text(block.name));
  const next = calls.length > 0 ? `asks for ${calls.join(", ")}` : "answers";
  return `${text(data.model)} ${next} (${tokens}, ${dollars(number(data.cost_usd))})`;
}

function describeError(error: unknown): string {
  const { code, message } = member(error);
  return [code, message].filter((part) => typeof part === "string").join(", ");
}

const member = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
const text = (value: unknown): string => (typeof value === "string" ? value : "?");
const number = (value: unknown): number => (typeof value === "number" ? value : 0);
