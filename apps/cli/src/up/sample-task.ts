/**
 * The task that `npm start` performs to show that everything works: the question that once ran an agent
 * into an endless loop. Its progress is printed line by line, then its answer and what it cost.
 */
import { z } from "zod";
import { dollars } from "../terminal/amounts.ts";
import { inertLine, inertLines } from "../terminal/inert-text.ts";
import { makeEventLines } from "./describe-event.ts";
import { followTask } from "./follow-task.ts";

export const SAMPLE_TASK = {
  agent: "support",
  user: "C-1042",
  input: "Find all my past orders and summarise the patterns in my purchasing.",
};

/** What is needed of a task here. */
const ShownTask = z.looseObject({
  id: z.string(),
  status: z.string(),
  stop_reason: z.string().nullish(),
  result: z.looseObject({ text: z.string() }).nullish(),
  error: z.looseObject({ message: z.string() }).nullish(),
  cost: z.looseObject({ usd: z.number() }),
});

/** Prints the story; resolves with the status it ended in. Rejects when the API cannot be talked to. */
export async function runSampleTask(options: {
  apiUrl: string;
  key: string;
  say: (line: string) => void;
  signal: AbortSignal;
}): Promise<string> {
  const { apiUrl, key, say, signal } = options;
  const authorization = `Bearer ${key}`;
  const submitted = await fetch(`${apiUrl}/v1/tasks`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify(SAMPLE_TASK),
    signal,
  });
  if (submitted.status !== 202) {
    throw new Error(
      `the sample task was refused: HTTP ${submitted.status} ${(await submitted.text()).slice(0, 500)}`,
    );
  }
  const { id } = ShownTask.parse(await submitted.json());
  say(`Sample task ${id} for user ${SAMPLE_TASK.user}: "${SAMPLE_TASK.input}"`);

  const describe = makeEventLines();
  for await (const event of followTask({ eventsUrl: `${apiUrl}/v1/tasks/${id}/events`, key, signal })) {
    const line = describe(event);
    if (line !== undefined) say(`  ${inertLine(line)}`);
  }
  const answer = await fetch(`${apiUrl}/v1/tasks/${id}`, { headers: { authorization }, signal });
  const task = ShownTask.parse(await answer.json());
  say(`${task.id} ${task.status}`);
  const why = [task.stop_reason, task.error?.message]
    .filter((part) => part && part !== "end_turn")
    .join(": ");
  if (task.status !== "completed") say(`  because: ${inertLine(why) || "unknown"}`);
  const text = task.result?.text ?? "";
  for (const line of text === "" ? [] : inertLines(text)) say(`  ${line}`);
  say(`  (it cost ${dollars(task.cost.usd)})`);
  return task.status;
}
