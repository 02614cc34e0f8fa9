/**
 * The calendar windows in which money is counted: the hour, day and month of a time zone, and the total. Windows of
 * one kind tile time: each begins in the millisecond in which the one before it ends, and the id names no other
 * window of that zone, whatever daylight saving or a change of law does to the clock. Knows zones by Intl alone.
 */
import { z } from "zod";

export const WindowName = z.enum(["hour", "day", "month", "total"]);
export type WindowName = z.infer<typeof WindowName>;

/**
 * `id`: `2026-11-22T18`, `2026-11-22`, `2026-11` or `total`; an hour that the clock shows a second time carries its
 * offset (`2026-10-25T02+0100`). Times in milliseconds since 1970; the end is the first moment outside, 0: never.
 */
export type Window = { readonly id: string; readonly startsAtMs: number; readonly endsAtMs: number };
export type Windows = Readonly<Record<WindowName, Window>>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Ids have years of four digits, in every zone. */
const END_OF_IDS_MS = Date.UTC(9_999, 0, 1);
/** Zones are few; a caller who makes up spellings must not fill the memory. */
const MOST_ZONES_KEPT = 1_000;

/** Holds for every moment from `fromMs` to before `untilMs`. */
type Memo = { readonly windows: Windows; readonly fromMs: number; readonly untilMs: number };

const memos = new Map<string, Memo>();
const clocks = new Map<string, Intl.DateTimeFormat>();

/** Whether the name is one of the IANA time zone database (`Europe/Berlin`, `UTC`). */
export function isTimeZone(name: unknown): name is string {
  // Intl takes plain offsets, too; those know no daylight saving, and are no names.
  if (typeof name !== "string" || !/^[A-Za-z]/.test(name)) return false;
  try {
    wallClock(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * The windows that are open at that moment. Throws a RangeError for a moment outside 1970 to 9998 and for an unknown
 * zone. Costs a comparison until the earliest of them ends.
 */
export function windowsAt(nowMs: number, timeZone: string): Windows {
  const memo = memos.get(timeZone);
  if (memo !== undefined && nowMs >= memo.fromMs && nowMs < memo.untilMs) return memo.windows;
  if (!(nowMs >= 0 && nowMs < END_OF_IDS_MS)) throw new RangeError(`${nowMs} is no moment from 1970 to 9998`);
  if (!isTimeZone(timeZone)) throw new RangeError(`${JSON.stringify(timeZone)} is no time zone`);

  const [hour, day, month] = [hourAt(nowMs, timeZone), dayAt(nowMs, timeZone), monthAt(nowMs, timeZone)];
  const windows = Object.freeze({ hour, day, month, total: TOTAL });
  if (memos.size >= MOST_ZONES_KEPT) memos.clear();
  memos.set(timeZone, {
    windows,
    fromMs: Math.max(hour.startsAtMs, day.startsAtMs, month.startsAtMs),
    untilMs: Math.min(hour.endsAtMs, day.endsAtMs, month.endsAtMs),
  });
  return windows;
}

const TOTAL: Window = Object.freeze({ id: "total", startsAtMs: 0, endsAtMs: 0 });

/**
 * An hour of the wall clock under one offset. Where the offset changes within it, the pieces are windows of their
 * own; a piece whose hour has been shown before the change is told apart by its offset.
 */
function hourAt(nowMs: number, timeZone: string): Window {
  const offsetMs = offsetAt(nowMs, timeZone);
  const wallHourMs = floorTo(HOUR_MS, nowMs + offsetMs);
  let startsAtMs = wallHourMs - offsetMs;
  let endsAtMs = startsAtMs + HOUR_MS;
  if (offsetAt(startsAtMs, timeZone) !== offsetMs) startsAtMs = changeIn(startsAtMs, nowMs, timeZone);
  if (offsetAt(endsAtMs - 1, timeZone) !== offsetMs) endsAtMs = changeIn(nowMs, endsAtMs - 1, timeZone);
  const id = isoText(wallHourMs).slice(0, "2026-11-22T18".length);
  return window(
    wasShownBefore(wallHourMs, startsAtMs, timeZone) ? id + offsetText(offsetMs) : id,
    startsAtMs,
    endsAtMs,
  );
}

/** Whether a clock that was set before `startsAtMs`, at most a day ago, had come to that hour already. */
function wasShownBefore(wallHourMs: number, startsAtMs: number, timeZone: string): boolean {
  const dayBeforeMs = startsAtMs - DAY_MS;
  const formerOffsetMs = offsetAt(dayBeforeMs, timeZone);
  if (formerOffsetMs === offsetAt(startsAtMs, timeZone)) return false;
  return changeIn(dayBeforeMs, startsAtMs, timeZone) + formerOffsetMs > wallHourMs;
}

/**
 * A date begins when the clock first shows it or a later one. So a clock set back over midnight (St. John's, 1987 to
 * 2011, at 00:01) does not reopen the day before, and a date that the calendar skips (Samoa, 30 December 2011) has
 * no window.
 */
function dayAt(nowMs: number, timeZone: string): Window {
  let dateMs = floorTo(DAY_MS, nowMs + offsetAt(nowMs, timeZone));
  let startsAtMs = startOfDate(dateMs, timeZone);
  let endsAtMs = startOfDate(dateMs + DAY_MS, timeZone);
  while (nowMs >= endsAtMs) {
    dateMs += DAY_MS;
    startsAtMs = endsAtMs;
    endsAtMs = startOfDate(dateMs + DAY_MS, timeZone);
  }
  return window(isoText(dateMs).slice(0, "2026-11-22".length), startsAtMs, endsAtMs);
}

/** A month begins with its first day, by the same rule. */
function monthAt(nowMs: number, timeZone: string): Window {
  const { id: date } = dayAt(nowMs, timeZone);
  const id = date.slice(0, "2026-11".length);
  const [year = 0, month = 0] = id.split("-").map(Number);
  return window(
    id,
    startOfDate(Date.UTC(year, month - 1, 1), timeZone),
    startOfDate(Date.UTC(year, month, 1), timeZone),
  );
}

/** The first moment at which the clock shows the date (midnight of it, as if in UTC) or a later one. */
function startOfDate(dateMs: number, timeZone: string): number {
  // Offsets are less than a day, and no zone has changed its offset twice within three days.
  const [dayBeforeMs, dayAfterMs] = [dateMs - DAY_MS, dateMs + DAY_MS];
  const former = dateMs - offsetAt(dayBeforeMs, timeZone);
  const latter = dateMs - offsetAt(dayAfterMs, timeZone);
  if (former === latter) return former;
  const changeMs = changeIn(dayBeforeMs, dayAfterMs, timeZone);
  return former < changeMs ? former : Math.max(changeMs, latter);
}

/** The first moment after `fromMs` with another offset than there; `toMs` has another one. */
function changeIn(fromMs: number, toMs: number, timeZone: string): number {
  const formerOffsetMs = offsetAt(fromMs, timeZone);
  let [same, other] = [fromMs, toMs];
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (offsetAt(middle, timeZone) === formerOffsetMs) same = middle;
    else other = middle;
  }
  return other;
}

/** What the zone's clock is ahead of UTC. */
function offsetAt(atMs: number, timeZone: string): number {
  const [, sign, hours, minutes, seconds = 0] = OFFSET.exec(wallClock(timeZone).format(atMs)) ?? [];
  if (sign === undefined) return 0;
  const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
  return sign === "-" ? -size : size;
}

/** As Intl writes an offset at the end of a date: `GMT+05:45`, `GMT-00:44:30`, `GMT` alone for none. */
const OFFSET = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/;

/** Making a formatter is a hundred times dearer than using it. */
function wallClock(timeZone: string): Intl.DateTimeFormat {
  const kept = clocks.get(timeZone);
  if (kept !== undefined) return kept;
  const clock = new Intl.DateTimeFormat("en-US", {
    timeZone,
    numberingSystem: "latn",
    timeZoneName: "longOffset",
  });
  if (clocks.size >= MOST_ZONES_KEPT) clocks.clear();
  clocks.set(timeZone, clock);
  return clock;
}

function window(id: string, startsAtMs: number, endsAtMs: number): Window {
  return Object.freeze({ id, startsAtMs, endsAtMs });
}

function floorTo(unitMs: number, ms: number): number {
  return Math.floor(ms / unitMs) * unitMs;
}

function isoText(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** `+0100`, with seconds where the zone has them (`-004430`): no colon, as ids become parts of keys. */
function offsetText(offsetMs: number): string {
  const digits = isoText(Math.abs(offsetMs)).slice(11, 19).replaceAll(":", "");
  return (offsetMs < 0 ? "-" : "+") + digits.replace(/00$/, "");
}
