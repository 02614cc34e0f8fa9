/** From what is pinned with an agent to the detector's policy: the rules' ladders, and what each tool is. */
import type { AgentDefinition, LoopSettings, ToolLoopSettings } from "@pawl/protocol";
import { defaultLoopPolicy, type Ladder, type LoopPolicy, type ToolLoopPolicy } from "./loop-policy.ts";

/** undefined: the agent's author wants nobody to watch. */
export function loopPolicyOf({ loops = {}, tools }: AgentDefinition): Partial<LoopPolicy> | undefined {
  if (loops === false) return undefined;
  return {
    ...ladders(loops),
    tools: Object.fromEntries(
      tools.map(({ name, effect }) => [name, { effect, ...toolPolicy(loops.tools?.[name]) }]),
    ),
  };
}

type SettableLadder = Ladder | null | undefined;

function ladders(loops: LoopSettings): Partial<LoopPolicy> {
  const { cycle } = loops;
  return {
    ...set("sameResult", loops.same_result),
    ...set("sameError", loops.same_error),
    ...set("waiting", loops.waiting),
    ...(cycle === undefined
      ? {}
      : { cycle: cycle && { periods: defaultLoopPolicy.cycle?.periods ?? [], ...rungs(cycle) } }),
    ...set("noNewInformation", loops.no_new_information),
    ...set("chase", loops.chase),
    ...set("repeatedText", loops.repeated_text),
  };
}

function toolPolicy(settings: ToolLoopSettings = {}): ToolLoopPolicy {
  const { identified_by: identifiedBy, volatile, poll } = settings;
  return {
    ...(identifiedBy === undefined ? {} : { identifiedBy }),
    ...(volatile === undefined ? {} : { volatile }),
    ...(poll === undefined
      ? {}
      : { poll: { intervalMs: poll.interval_ms, maxDurationMs: poll.max_duration_ms } }),
    ...set("sameResult", settings.same_result),
    ...set("sameError", settings.same_error),
  };
}

type SetLadder = NonNullable<LoopSettings["same_result"]>;

function set<Name extends string>(
  name: Name,
  ladder: SetLadder | null | undefined,
): { [N in Name]?: Exclude<SettableLadder, undefined> } {
  const one: { [N in Name]?: Exclude<SettableLadder, undefined> } = {};
  if (ladder !== undefined) one[name] = ladder && rungs(ladder);
  return one;
}

function rungs({ warn, block, stop }: SetLadder): Ladder {
  return { ...(warn === undefined ? {} : { warn }), ...(block === undefined ? {} : { block }), stop };
}
