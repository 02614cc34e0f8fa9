/** Submits tasks as the api does (its script, then the leg into the queue) and reads what became of them. */
import { agentDefinition, agentVersion, type PawlConfig } from "@pawl/agent";
import { type EventData, newId, windowsAt } from "@pawl/protocol";
import {
  enqueueLegs,
  key,
  openStore,
  parseRedisAddress,
  type Store,
  scopeAccounts,
  submitTask,
  type Terms,
} from "@pawl/store";
import { pinGuards } from "../../apps/api/src/pin-guards.ts";
import { submission } from "../../test/support/submission.ts";
import { PROMPT, type Workload } from "./workload.ts";

export const TENANT = "bench";
/** So many that none of them has more tasks at once than a user has seats. */
const USERS = 1000;

export type OurTasks = {
  store: Store;
  /** Resolves with the task's id once it is in the queue. */
  submit(): Promise<string>;
  /** How many tasks have ever ended as completed. */
  completed(): Promise<number>;
  /** How often each of them was started, by the head: 1 is what should be. */
  epochs(tasks: readonly string[]): Promise<number[]>;
  close(): Promise<void>;
};

/** `guarded`: under the default policy, as the api pins it. */
export async function openOurTasks(
  redisUrl: string,
  workload: Workload,
  { guarded = false } = {},
): Promise<OurTasks> {
  const onError = (error: Error) => void process.stderr.write(`submitter: ${error.stack}\n`);
  const store = await openStore({ address: parseRedisAddress(redisUrl), failFast: true, onError });
  const data = submissionOf(workload, guarded);
  let submitted = 0;
  return {
    store,
    async submit() {
      const task = newId("task", Date.now());
      const user = `user-${submitted++ % USERS}`;
      const scopes = workload.everyScope ? { session_id: `session-${user}`, feature: "bench" } : {};
      const labelled = { ...data, user, ...scopes };
      const outcome = await submitTask(store, {
        tenant: TENANT,
        task,
        data: labelled,
        terms: termsFor(workload.config, labelled),
        leastNanoUsd: 0,
      });
      if (outcome.kind !== "submitted") throw new Error(`submit: ${outcome.kind}`);
      await enqueueLegs(store, outcome.legs);
      return task;
    },
    completed: () => store.redis.zcard(key(TENANT, "index", "status:completed")),
    epochs: (tasks) =>
      Promise.all(
        tasks.map(async (task) =>
          Number.parseInt((await store.redis.hget(key(TENANT, "head", task), "epoch")) ?? "", 10),
        ),
      ),
    close: () => store.close(),
  };
}

/** As the api names them: the user's day and everybody's, counted for the tenant, too. */
function termsFor(config: PawlConfig, data: EventData<"task.submitted">): Terms {
  return {
    windows: windowsAt(Date.now(), config.timeZone),
    ownLimitNanoUsd: data.limits.max_cost_nano_usd,
    accounts: scopeAccounts({ tenant: TENANT, ...data }, config.scopeLimits),
  };
}

function submissionOf({ config }: Workload, guarded: boolean): EventData<"task.submitted"> {
  const bare = agentDefinition(config, "default");
  if (bare === undefined) throw new Error("the workload's agent is missing");
  const version = agentVersion(bare);
  const terms = { config, tenant: TENANT, agentVersion: version, secret: "bench", nowMs: Date.now() };
  const definition = guarded ? pinGuards(bare, terms) : bare;
  return {
    ...submission({ input: { text: PROMPT, documents: [] }, definition, model: definition.model }),
    agent_version: version,
    limits: definition.limits,
  };
}
