/** What the model says, turn by turn, to a task told from others by a word of its prompt. */
import type { System } from "./processes.ts";

export type ScriptedReply = string | { tool: string; input: Record<string, unknown> };

export async function scriptReplies(
  { simulator }: Pick<System, "simulator">,
  word: string,
  replies: readonly ScriptedReply[],
): Promise<void> {
  const steps = replies.map((reply, turn) => ({
    match: { contains: word, turn: turn + 1 },
    reply:
      typeof reply === "string"
        ? { content: reply }
        : { content: [{ type: "tool_use", name: reply.tool, input: reply.input }], stop_reason: "tool_use" },
    times: -1,
  }));
  const response = await fetch(`${simulator.url}/control/scenario`, {
    method: "POST",
    body: JSON.stringify({ steps }),
  });
  if (!response.ok) throw new Error(await response.text());
}
