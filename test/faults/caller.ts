/**
 * A caller as he should be: one Idempotency-Key for one wish, and the same request again when the connection broke
 * or the service was away. What he was told, he remembers: it is what Pawl is held to.
 */
import type { Task } from "@pawl/protocol";
import { ADMIN_KEY } from "../support/pawl-process.ts";
import type { Random } from "./random.ts";
import type { TaskPlan } from "./task-plan.ts";

export type Caller = {
  plan: TaskPlan;
  /** Every id he was given for his one key. */
  ids: Set<string>;
  /** He was told that it is cancelled. */
  cancelled: boolean;
  resumed: boolean;
  /** Answers that no fault of the network explains. */
  problems: string[];
};

export type CallerDeps = {
  apiUrl: string;
  random: Random;
  /** Aborts what is still being asked when the run is given up. */
  signal: AbortSignal;
  /** Whether all faults are over: the impatient ask again then. */
  whenHealed: Promise<void>;
};

const ANSWER_TIMEOUT_MS = 15_000;
const POLL_MS = 400;
const TERMINAL = new Set(["completed", "stopped", "failed", "cancelled"]);

export function newCaller(plan: TaskPlan): Caller {
  return { plan, ids: new Set(), cancelled: false, resumed: false, problems: [] };
}

/** Resolves when he has all he wanted: his task accepted, and whatever he does later done. */
export async function act(caller: Caller, deps: CallerDeps): Promise<void> {
  const { plan } = caller;
  const id = await submit(caller, deps);
  if (id === undefined) return;
  const later: Promise<void>[] = [];
  if (plan.cancelAfterMs !== undefined) later.push(cancel(caller, id, plan.cancelAfterMs, deps));
  if (plan.resumeBudget !== undefined) later.push(resume(caller, id, deps));
  await Promise.all(later);
}

/** Sends the very same request once more: it must be answered with the very same task. */
export async function submit(caller: Caller, deps: CallerDeps): Promise<string | undefined> {
  const { word, body, isImpatient } = caller.plan;
  const request = { headers: { "idempotency-key": `key-${word}` }, body };
  let answer = await ask(caller, "/v1/tasks", request, deps, { tries: isImpatient ? 1 : undefined });
  if (answer === undefined && isImpatient) {
    await deps.whenHealed;
    answer = await ask(caller, "/v1/tasks", request, deps);
  }
  if (answer === undefined) return undefined;
  if (answer.status !== 202) {
    caller.problems.push(
      `submit was answered ${answer.status}: ${JSON.stringify(answer.body).slice(0, 300)}`,
    );
    return undefined;
  }
  const { id } = answer.body as Task;
  caller.ids.add(id);
  return id;
}

async function cancel(caller: Caller, id: string, afterMs: number, deps: CallerDeps): Promise<void> {
  await pause(afterMs);
  const answer = await ask(caller, `/v1/tasks/${id}/cancel`, {}, deps);
  if (answer?.status === 200) caller.cancelled = true;
  else if (answer !== undefined && answer.status !== 409)
    caller.problems.push(
      `cancel was answered ${answer.status}: ${JSON.stringify(answer.body).slice(0, 300)}`,
    );
}

async function resume(caller: Caller, id: string, deps: CallerDeps): Promise<void> {
  for (;;) {
    const answer = await ask(caller, `/v1/tasks/${id}`, undefined, deps);
    if (answer === undefined) return;
    if (answer.status !== 200) {
      caller.problems.push(`get was answered ${answer.status}: ${JSON.stringify(answer.body).slice(0, 300)}`);
      return;
    }
    const { status } = answer.body as Task;
    if (status === "completed" || status === "cancelled") return;
    if (TERMINAL.has(status)) break;
    await pause(POLL_MS);
  }
  const request = {
    headers: { "idempotency-key": `resume-${caller.plan.word}` },
    body: { budget: caller.plan.resumeBudget },
  };
  const answer = await ask(caller, `/v1/tasks/${id}/resume`, request, deps);
  if (answer?.status === 202) caller.resumed = true;
  else if (answer !== undefined)
    caller.problems.push(
      `resume was answered ${answer.status}: ${JSON.stringify(answer.body).slice(0, 300)}`,
    );
}

type Wish = { headers?: Record<string, string>; body?: unknown };
type Answer = { status: number; body: unknown };

/** Asks until it is answered otherwise than by "not now". `undefined`: given up. */
async function ask(
  caller: Caller,
  path: string,
  wish: Wish | undefined,
  { apiUrl, random, signal }: CallerDeps,
  { tries = Number.POSITIVE_INFINITY }: { tries?: number | undefined } = {},
): Promise<Answer | undefined> {
  for (let n = 1; n <= tries && !signal.aborted; n += 1) {
    const answer = await once(apiUrl + path, wish);
    if (answer !== undefined && !isNotNow(answer)) return answer;
    if (answer !== undefined && answer.status === 500)
      caller.problems.push(`${path} was answered 500: ${JSON.stringify(answer.body).slice(0, 300)}`);
    await pause(random.whole(100, Math.min(1500, 200 * n)));
  }
  return undefined;
}

/** `undefined`: no answer, whole or at all. */
async function once(url: string, wish: Wish | undefined): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, {
      method: wish === undefined ? "GET" : "POST",
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        "content-type": "application/json",
        ...wish?.headers,
      },
      ...(wish?.body === undefined ? {} : { body: JSON.stringify(wish.body) }),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return { status: response.status, body: await response.json() };
  } catch {
    return undefined;
  }
}

/** Away, or at it already; 500 is never right, but worth asking again to see what became of it. */
function isNotNow({ status, body }: Answer): boolean {
  const code = (body as { code?: unknown } | null)?.code;
  return status === 503 || status === 500 || (status === 409 && code === "request_in_progress");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
