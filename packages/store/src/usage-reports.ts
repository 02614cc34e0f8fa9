/**
 * What was spent, by day and by who spent it on what. Each day of a tenant is one hash: a field for each user, feature,
 * agent, kind and name, with its sums. The feed's lines that have not gone over yet are added at each reading: a report
 * is complete at every moment, and no line counts twice.
 */
import { key } from "./keys.ts";
import type { Store } from "./store.ts";
import { parseFeedLine } from "./usage-feed.ts";
import {
  addTo,
  addUp,
  dayOf,
  NO_USAGE,
  plus,
  USAGE_LABELS,
  type UsageLabel,
  type UsageSums,
  unpackSums,
} from "./usage-reports-sums.ts";

export const USAGE_DIMENSIONS = ["day", ...USAGE_LABELS] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

export type UsageQuery = {
  /** `2026-11-22`, both included. */
  fromDay: string;
  toDay: string;
  /** In which the days are counted. */
  timeZone: string;
  groupBy: readonly UsageDimension[];
  where: Readonly<Partial<Record<UsageLabel, string | undefined>>>;
  /** More groups than this are not gathered. */
  mostGroups: number;
};

/** null in a group: none, or not known. */
export type UsageRow = { group: Readonly<Partial<Record<UsageDimension, string | null>>>; sums: UsageSums };
export type UsageReport =
  /** In the order of the groups' members. */
  { kind: "report"; rows: UsageRow[]; total: UsageSums } | { kind: "too_many_groups" };

/** So many days are asked for at a time. */
const DAYS_AT_ONCE = 16;

export async function readUsage(store: Store, tenant: string, query: UsageQuery): Promise<UsageReport> {
  const { redis } = store;
  const feed = key(tenant, "usageFeed");
  const report = (day: string) => key(tenant, "usage", day);
  const days = daysBetween(query.fromDay, query.toDay);
  const groups = new Map<string, UsageSums>();

  // Lines go over into the days they are of; any that is written from now on is of a day about today, by any clock.
  const nowMs = Number((await redis.time())[0]) * 1000;
  const moving = new Set([-DAY_MS, 0, DAY_MS].map((ms) => dayOf(nowMs + ms, query.timeZone)));
  for (const line of await redis.lrange(feed, 0, -1)) {
    const spending = parseFeedLine(line);
    if (spending !== undefined) moving.add(dayOf(spending.atMs, query.timeZone));
  }
  const closed = days.filter((day) => !moving.has(day));
  for (let at = 0; at < closed.length; at += DAYS_AT_ONCE) {
    const some = closed.slice(at, at + DAYS_AT_ONCE);
    const reports = await Promise.all(some.map((day) => redis.hgetall(report(day))));
    some.forEach((day, i) => {
      gatherReport(groups, query, day, reports[i]);
    });
    if (groups.size > query.mostGroups) return { kind: "too_many_groups" };
  }

  // These are read in one moment with the feed: a line is in the one or in the other.
  const open = days.filter((day) => moving.has(day));
  if (open.length > 0) {
    const reading = redis.multi().lrange(feed, 0, -1);
    for (const day of open) reading.hgetall(report(day));
    const [lines, ...reports] = results(await reading.exec());
    open.forEach((day, i) => {
      gatherReport(groups, query, day, reports[i] as Record<string, string>);
    });
    for (const [group, sums] of addUp(lines as string[], query.timeZone)) {
      const [day = "", ...labels] = group.split("\n");
      if (day >= query.fromDay && day <= query.toDay) gather(groups, query, day, labels, sums);
    }
  }
  if (groups.size > query.mostGroups) return { kind: "too_many_groups" };
  return reportOf(groups, query);
}

function gatherReport(
  groups: Map<string, UsageSums>,
  query: UsageQuery,
  day: string,
  report: Record<string, string> = {},
): void {
  for (const [field, packed] of Object.entries(report)) {
    gather(groups, query, day, field.split("\n"), unpackSums(packed));
  }
}

function gather(
  groups: Map<string, UsageSums>,
  { where, groupBy }: UsageQuery,
  day: string,
  labels: readonly string[],
  sums: UsageSums,
): void {
  const valueIn = (dimension: UsageDimension) =>
    dimension === "day" ? day : (labels[USAGE_LABELS.indexOf(dimension)] ?? "");
  const isWanted = USAGE_LABELS.every(
    (label) => where[label] === undefined || where[label] === valueIn(label),
  );
  if (isWanted) addTo(groups, groupBy.map(valueIn).join("\n"), sums);
}

function reportOf(groups: ReadonlyMap<string, UsageSums>, { groupBy }: UsageQuery): UsageReport {
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    kind: "report",
    rows: sorted.map(([group, sums]) => {
      const values = group.split("\n");
      return { group: Object.fromEntries(groupBy.map((name, i) => [name, values[i] || null])), sums };
    }),
    total: sorted.reduce((total, [, sums]) => plus(total, sums), NO_USAGE),
  };
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Every date from the first to the last. */
function daysBetween(fromDay: string, toDay: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(fromDay); at <= Date.parse(toDay); at += DAY_MS) {
    days.push(new Date(at).toISOString().slice(0, "2026-11-22".length));
  }
  return days;
}

/** What the commands of a transaction replied; the first error is thrown. */
export function results(replies: [error: Error | null, result: unknown][] | null): unknown[] {
  if (replies === null) throw new Error("a transaction was not executed");
  return replies.map(([error, result]) => {
    if (error !== null) throw error;
    return result;
  });
}
