/** What the model says in a test: steps handed to the simulator, most often a task's turns, one after the other. */
import type { ScenarioInput } from "../../apps/simulator/src/scenario.ts";

export type ScriptStep = NonNullable<ScenarioInput["steps"]>[number];

/** A `System`, or only its simulator. */
export type Scripted = { simulator: { url: string } };

/** Hands the simulator what to answer, step by step; `more` is what else a scenario sets. */
export async function script(
  { simulator }: Scripted,
  steps: readonly ScriptStep[],
  more: Omit<ScenarioInput, "steps"> = {},
): Promise<void> {
  const response = await fetch(`${simulator.url}/control/scenario`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...more, steps }),
  });
  if (!response.ok) throw new Error(`the simulator refused a scenario: ${await response.text()}`);
  await response.body?.cancel();
}

/** The simulator goes back to answering by itself. */
export async function clearScript({ simulator }: Scripted): Promise<void> {
  const response = await fetch(`${simulator.url}/control/scenario`, { method: "DELETE" });
  if (!response.ok) throw new Error(`the simulator kept its scenario: ${await response.text()}`);
  await response.body?.cancel();
}

export type ScriptedCall = { tool: string; input?: Record<string, unknown>; id?: string };
/** One turn: a text, or calls that the model makes together. */
export type ScriptedTurn = string | ScriptedCall | readonly ScriptedCall[];

/** Scripts a task that is told from others by a word of its prompt; `over` goes for each of its turns. */
export async function scriptReplies(
  at: Scripted,
  word: string,
  turns: readonly ScriptedTurn[],
  over: ScriptStep = {},
): Promise<void> {
  // By turn, not by order: a reply asked for again after a crash must be the same one.
  const steps = turns.map((turn, i) => ({
    match: { contains: word, turn: i + 1 },
    reply: replyOf(turn),
    times: -1,
    ...over,
  }));
  await script(at, steps);
}

function replyOf(turn: ScriptedTurn): NonNullable<ScriptStep["reply"]> {
  if (typeof turn === "string") return { content: turn };
  const content = [turn]
    .flat()
    .map(({ tool, ...call }) => ({ type: "tool_use" as const, name: tool, ...call }));
  return { content, stop_reason: "tool_use" };
}
