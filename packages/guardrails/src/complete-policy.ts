/** Policies laid over each other, the default at the bottom: what holds for each direction, guard and category. */

import type {
  Direction,
  GuardMeasure,
  GuardName,
  GuardPolicy,
  GuardRule,
  GuardThresholds,
} from "@pawl/protocol";
import { defaultPolicy } from "./default-policy.ts";

export type CompletePolicy = {
  readonly ruleOf: (direction: Direction, guard: GuardName, category: string) => GuardThresholds;
  /** Whether the guard looks at texts of this direction at all. */
  readonly isOn: (direction: Direction, guard: GuardName) => boolean;
  /** Whether anything can follow from what it finds: one that only reports is for whoever reads reports. */
  readonly hasConsequences: (direction: Direction, guard: GuardName) => boolean;
  readonly allow: { readonly texts: readonly string[]; readonly domains: readonly string[] };
  /** When the second tier of the content guard is asked. */
  readonly secondTier: "off" | "uncertain" | "always";
  /** Missing: the part's own choice. */
  readonly phoneRegions?: readonly string[];
  readonly answer: NonNullable<GuardPolicy["answer"]>;
  readonly tone: Readonly<Record<string, readonly string[]>>;
};

/**
 * Later layers go before earlier ones: first the agent's, then the tenant's. Within a layer a category's rule goes
 * before its guard's; a guard's rule in a later layer goes before a category's in an earlier one, so that `pii: "off"`
 * means off whatever the layers below say of single categories. Allow-lists add up, tone by category.
 */
export function completePolicy(...layers: readonly GuardPolicy[]): CompletePolicy {
  const all: readonly GuardPolicy[] = [defaultPolicy, ...layers];
  const resolved = new Map<string, GuardThresholds>();
  const ruleOf: CompletePolicy["ruleOf"] = (direction, guard, category) => {
    const key = `${direction} ${guard} ${category}`;
    const rule = resolved.get(key) ?? resolve(all, direction, guard, category);
    resolved.set(key, rule);
    return rule;
  };
  const measuresOf = (direction: Direction, guard: GuardName): GuardMeasure[] =>
    [undefined, ...categoriesIn(all, direction, guard)].map((category) =>
      actionOf(ruleOf(direction, guard, category ?? "")),
    );
  const phoneRegions = all.findLast(({ pii }) => pii?.phone_regions !== undefined)?.pii?.phone_regions;
  const secondTier = all.findLast(({ content }) => content?.second_tier !== undefined)?.content?.second_tier;
  return {
    ruleOf,
    secondTier: secondTier ?? "off",
    isOn: (direction, guard) => measuresOf(direction, guard).some((measure) => measure !== "off"),
    hasConsequences: (direction, guard) =>
      measuresOf(direction, guard).some((measure) => measure !== "off" && measure !== "report"),
    allow: {
      texts: all.flatMap(({ allow }) => allow?.texts ?? []),
      domains: all.flatMap(({ allow }) => allow?.domains ?? []),
    },
    ...(phoneRegions === undefined ? {} : { phoneRegions }),
    answer: Object.assign({}, ...all.map(({ answer }) => answer)),
    tone: Object.assign({}, ...all.map(({ tone }) => tone)),
  };
}

export function actionOf(rule: GuardThresholds): GuardMeasure {
  return rule.action ?? "off";
}

function resolve(
  layers: readonly GuardPolicy[],
  direction: Direction,
  guard: GuardName,
  category: string,
): GuardThresholds {
  const laid: GuardThresholds = {};
  for (const layer of layers) {
    const { categories, ...ofGuard } = ruleIn(layer[direction]?.[guard]);
    Object.assign(laid, ofGuard, ruleIn(categories?.[category]));
  }
  return laid;
}

function categoriesIn(layers: readonly GuardPolicy[], direction: Direction, guard: GuardName): string[] {
  return layers.flatMap((layer) => Object.keys(ruleIn(layer[direction]?.[guard]).categories ?? {}));
}

function ruleIn(rule: GuardRule | undefined): Exclude<GuardRule, GuardMeasure> {
  return typeof rule === "string" ? { action: rule } : (rule ?? {});
}
