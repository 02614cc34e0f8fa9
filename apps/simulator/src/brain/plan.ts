// What is to be called next. The plan is made anew on every turn from the task alone, so it is the same each time; the
// calls so far are matched against it and what is open decides: first pages and retries, then the earliest stage.

import { canonicalJson } from "../json.ts";
import { type Ask, asksIn } from "./asks.ts";
import { type Choice, toolChooser } from "./choose-tools.ts";
import { findingsOf } from "./compose-answer.ts";
import type { ConversationView } from "./conversation-view.ts";
import { type Family, familiesOf, followUp, type NextCall } from "./families.ts";
import { withoutList } from "./features.ts";
import { fillArguments } from "./fill-arguments.ts";
import { effectOf } from "./words.ts";

export type Plan = { readonly calls: readonly NextCall[]; readonly families: readonly Family[] };

type Step = Choice & { readonly ask: Ask };

export function planNext(view: ConversationView): Plan {
  const { task, system, tools } = view;
  const families = familiesOf(view.calls);
  if (tools.length === 0) return { calls: [], families };
  const findings = findingsOf(families);
  const callFor = ({ tool, ask, literal }: Step, carried: string | undefined): NextCall => ({
    name: tool.name,
    input: fillArguments(tool, {
      ask,
      task,
      system,
      isEffect: effectOf(tool.name) !== undefined,
      literal,
      findings: carried,
    }),
  });

  const open = withoutDone(stepsOf(view, callFor), families);
  const earliest = Math.min(...open.map(({ ask }) => ask.stage));
  const follow = families.flatMap(
    (family) =>
      followUp(
        family,
        tools.find(({ name }) => name === family.tool),
      ) ?? [],
  );
  const fresh = open.filter(({ ask }) => ask.stage === earliest).map((step) => callFor(step, findings));
  const calls = (follow.length > 0 ? follow : fresh).slice(0, view.maxCallsAtOnce);
  return { calls: forced(view, calls, callFor), families };
}

function stepsOf(
  { task, tools }: ConversationView,
  callFor: (step: Step, carried: undefined) => NextCall,
): Step[] {
  const choose = toolChooser(tools);
  const steps = asksIn(task).flatMap((ask) => choose(ask).map((choice): Step => ({ ...choice, ask })));
  const seen = new Set<string>();
  const words = withoutList(task);
  const isNamed = ({ literal }: Step) => literal?.kind === "file" && words.includes(literal.value);
  const namesSome = steps.some(isNamed);
  return steps.filter((step) => {
    // Documents are all listed to the model; a task that names some of them is about those.
    if (namesSome && step.literal?.kind === "file" && !isNamed(step)) return false;
    const key = canonicalJson(callFor(step, undefined));
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** Each family answers one step: the one whose literal it was given, or the first of its tool. */
function withoutDone(steps: readonly Step[], families: readonly Family[]): Step[] {
  const open = [...steps];
  for (const { tool, input } of families) {
    const values = Object.values(input);
    const exact = open.findIndex(
      (step) => step.tool.name === tool && step.literal !== undefined && values.includes(step.literal.value),
    );
    const index = exact >= 0 ? exact : open.findIndex((step) => step.tool.name === tool);
    if (index >= 0) open.splice(index, 1);
  }
  return open;
}

/** tool_choice any or tool: there must be a call, whether the task has a use for it or not. */
function forced(
  { forced: wanted, tools, task }: ConversationView,
  calls: readonly NextCall[],
  callFor: (step: Step, carried: undefined) => NextCall,
): readonly NextCall[] {
  if (wanted === false) return calls;
  const fitting = wanted === true ? calls : calls.filter(({ name }) => name === wanted);
  if (fitting.length > 0) return fitting;
  const tool = tools.find(({ name }) => wanted === true || name === wanted);
  const [ask] = asksIn(task);
  return tool === undefined || ask === undefined ? calls : [callFor({ tool, ask }, undefined)];
}
