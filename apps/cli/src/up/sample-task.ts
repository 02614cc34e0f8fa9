/**
 * The task that `npm start` performs to show that everything works: the question that once ran an agent
 * into an endless loop, or a plain one where the configuration has no agent for it. Its progress is printed
 * line by line, then its answer and what it cost.
 */
import type { Pawl } from "@pawl/client";
import { inertLine } from "../terminal/inert-text.ts";
import { sayEnd } from "../watch/watch-task.ts";
import { makeEventLines } from "./describe-event.ts";

export type Asked = { agent?: string; user?: string; input: string };

/** What is asked at start, and what a reader is told to ask next. */
export type Sample = { first: Asked; next: Asked };

const STORY_AGENT = "support";
const STORY: Asked = {
  agent: STORY_AGENT,
  user: "C-1042",
  input: "Find all my past orders and summarise the patterns in my purchasing.",
};
const STORY_SAMPLE: Sample = {
  first: STORY,
  next: { ...STORY, input: "Which of my orders was the largest?" },
};
/** Every Pawl has an agent for tasks that name none. */
export const PLAIN_SAMPLE: Sample = {
  first: { input: "What is 12 * (3 + 4)? Show how you get there." },
  next: { input: "What is 6 * 7?" },
};

/** So long may the API be away before we give up. */
const GIVE_UP_AFTER_MS = 60_000;

export async function chooseSample(pawl: Pawl, signal: AbortSignal): Promise<Sample> {
  const { data } = await pawl.agents({ signal }).page();
  return data.some(({ name }) => name === STORY_AGENT) ? STORY_SAMPLE : PLAIN_SAMPLE;
}

/** Prints the story to its end. Rejects when the API cannot be talked to, or refuses the task. */
export async function runSampleTask(options: {
  pawl: Pawl;
  asked: Asked;
  say: (line: string) => void;
  signal: AbortSignal;
}): Promise<void> {
  const { pawl, asked, say, signal } = options;
  const { id } = await pawl.submit(asked, { signal });
  const whose = asked.user === undefined ? "" : ` for user ${asked.user}`;
  say(`Sample task ${id}${whose}: "${asked.input}"`);

  const describe = makeEventLines();
  for await (const event of pawl.stream(id, { signal, giveUpAfterMs: GIVE_UP_AFTER_MS })) {
    const line = describe(event);
    if (line !== undefined) say(`  ${inertLine(line)}`);
  }
  // Unpainted: whoever waits for the line `task_… completed` reads it the same on a terminal.
  sayEnd({ line: say, paint: (_colour, text) => text }, await pawl.get(id, { signal }));
}
