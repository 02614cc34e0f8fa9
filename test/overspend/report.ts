/** What a run says: the plan before, a table after it, and where a promise broke, what broke it. */
import { usdFromNano } from "@pawl/protocol";
import { counted } from "../support/counted.ts";
import {
  type Breach,
  billsOf,
  dearestCall,
  type Evidence,
  LEAST_USE,
  mostBilled,
  nameOf,
  percent,
  promises,
  refusalsOf,
} from "./check-money.ts";
import type { OverspendOptions } from "./run-overspend.ts";
import type { Blow, SpendingPlan } from "./spending-plan.ts";

const MOST_BREACHES_TOLD = 6;

export function describePlan({ seed, workers }: OverspendOptions, plan: SpendingPlan): string {
  const small = plan.tasks.filter(({ hasSmallLimit }) => hasSmallLimit).length;
  const { billing } = plan.scenario;
  const perToken = billing?.mode === "worst" ? (billing.bytes_per_token ?? 1) : 0;
  return [
    `Seed ${seed}: ${plan.tasks.length} tasks at once on ${workers} workers, ${small} with a small limit of their own.`,
    `The model bills all of max_tokens and a token for every ${perToken === 1 ? "byte" : `${perToken} bytes`}.`,
    `Blows at ${plan.blows.map(({ kind, atShare }) => `${percent(atShare)} ${kind}`).join(", ")}.`,
  ].join("\n");
}

export function describeRun(run: {
  evidence: Evidence;
  breaches: readonly Breach[];
  blows: readonly Blow[];
  tookMs: number;
}): string {
  const { evidence, breaches, blows, tookMs } = run;
  const uses = refusalsOf(evidence).map(({ use }) => use);
  const rows = evidence.limits.map((limit) => {
    const billed = mostBilled(billsOf(evidence.bills, limit.marker)).nanoUsd;
    const { spentNanoUsd, heldNanoUsd } = limit.account;
    return [
      nameOf(limit),
      dollars(limit.limitNanoUsd),
      dollars(billed),
      percent(billed / limit.limitNanoUsd),
      dollars(spentNanoUsd),
      percent(spentNanoUsd / limit.limitNanoUsd),
      dollars(heldNanoUsd),
    ];
  });
  return [
    table(["limit", "", "billed", "", "spent", "", "held"], rows),
    "",
    counted(
      "Tasks by outcome",
      evidence.tasks.map(({ events }) => outcomeOf(events.at(-1))),
    ),
    `Exchanges: ${evidence.bills.length}. Dearest call: ${dollars(dearestCall(evidence.tasks))}. ` +
      `Blows: ${blows.map(({ kind }) => kind).join(", ") || "none"}. Took ${(tookMs / 1000).toFixed(1)} s.`,
    `Refused or stopped by a shared limit: ${uses.length}` +
      (uses.length === 0 ? "." : `; the least that was used then: ${percent(Math.min(...uses))}.`),
    ...Object.entries(promises).map(([name, promise]) => {
      const broken = breaches.filter((each) => each.promise === name).length;
      return `${broken === 0 ? "  holds " : `  BROKEN ${broken} ×`} ${promise}`;
    }),
    ...describeBreaches(breaches),
  ].join("\n");
}

function describeBreaches(breaches: readonly Breach[]): string[] {
  return Object.entries(promises).flatMap(([name, promise]) => {
    const broken = breaches.filter((each) => each.promise === name);
    const told = broken
      .slice(0, MOST_BREACHES_TOLD)
      .map(({ where, says }) => `✗ ${promise}: ${where} ${says}`);
    return broken.length > told.length ? [...told, `  … and ${broken.length - told.length} more`] : told;
  });
}

/** Nothing was ever short: then nothing was proved. */
export function provesNothing(evidence: Evidence): string | undefined {
  const least = Math.max(
    ...evidence.limits.map(({ account, limitNanoUsd }) => account.spentNanoUsd / limitNanoUsd),
  );
  return least >= LEAST_USE ? undefined : `no limit was reached: the fullest is at ${percent(least)}`;
}

function outcomeOf(last: Evidence["tasks"][number]["events"][number] | undefined): string {
  if (last === undefined) return "missing";
  const reason = "stop_reason" in last.data ? last.data.stop_reason : "?";
  return `${last.type.slice("task.".length)} ${reason}`;
}

function dollars(nanoUsd: number): string {
  return `$${usdFromNano(nanoUsd).toFixed(6)}`;
}

/** The first column to the left, figures to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ");
  return all.map(line).join("\n");
}
