/**
 * One model's share of what its provider allows the fleet, as one worker sees it. Slots (a call each, with the moment
 * from which it may be sent) are leased in the background, by the second and as many as are wanted here; a call that is
 * to be made takes one from memory, waits for one a moment, or is told when to come back.
 *
 *   unknown   nobody has been answered yet: a few calls at a time, twice as many each second
 *   free      the provider names no limit: every call goes
 *   limited   a call needs a slot
 */

import type { HealthLog } from "./breakers.ts";
import { type RateLimits, sameLimits, type ToldLimits } from "./rate-limits.ts";
import { emptyReport, isEmptyReport, joinReports, type Slice, type SliceAsk } from "./slice.ts";
import { createTenantLine } from "./tenant-line.ts";

export type ModelRateDeps = {
  model: string;
  configured: RateLimits;
  lease: (ask: SliceAsk) => Promise<Slice>;
  nowMs: () => number;
  random: () => number;
  log: HealthLog;
};

/** A call that may be made, from now until `end`. */
export type RatedCall = {
  /** What the headers of its answer said; undefined: no limit. */
  told(limits: ToldLimits | undefined): void;
  /** unused: it was not sent. Tokens as the provider counts them, where they are known. */
  end(how: { unused: true } | { unused?: false; inputTokens?: number; outputTokens?: number }): void;
};

export type RateAdmission = { kind: "go"; call: RatedCall } | { kind: "busy"; retryAfterMs: number };

export type ModelRate = {
  admit(ask: { tenant: string; signal: AbortSignal }): RateAdmission | Promise<RateAdmission>;
  /** The provider refused for its rate. false: for no limit that anybody knows, or for too long by now. */
  refused(retryAfterMs: number | undefined): boolean;
  close(): void;
};

/** Longer than this nobody waits in memory; but two at a time do, so that no slot of a slow model passes unused. */
const PATIENCE_MS = 2000;
const PATIENT_CALLS = 2;
const PATIENT_MS = 15_000;
/** A slot that was not used so long after its moment is given back. */
const SLOT_KEPT_MS = 1000;
const HORIZON_MS = 1000;
const UNKNOWN_CALLS = 2;
const GUESSED_INTERVAL_MS = 250;
const LONGEST_AWAY_MS = 30_000;
const LONGEST_PAUSE_MS = 60_000;
/** Who is told to come back comes early: a line that runs empty wastes slots, being sent away once more costs little. */
const EARLY = 0.3;
const PERSISTENT_MS = 120_000;
const LOG_EVERY_MS = 10_000;
const FIRST_GUESS = { input: 2000, output: 500 };
const LEARNT_SHARE = 0.1;

type Slot = { atMs: number; input: number; output: number };
type Waiter = { go: (slot: Slot | undefined) => void; sendAway: () => void };

export function openModelRate(deps: ModelRateDeps): ModelRate {
  const { model, configured, nowMs, random, log } = deps;
  const line = createTenantLine<Waiter>();
  let known: Slice["known"] = Object.keys(configured).length > 0 ? "limited" : "unknown";
  let limits: RateLimits | undefined;
  let slots: Slot[] = [];
  /** Between the slots of the whole fleet, and how many wait for one elsewhere, as the last slice told. */
  let everyMs = GUESSED_INTERVAL_MS;
  let othersWeight = 0;
  let pausedUntilMs = 0;
  /** When those come back who were sent away, as far as it lies ahead. */
  let backAtMs: number[] = [];
  let lookedBackAtMs = 0;
  const average = { ...FIRST_GUESS };
  const unknown = { underWay: 0, sinceMs: 0 };
  const used = { second: 0, now: 0, before: 0 };
  let report = emptyReport();
  let asking = false;
  let askTimer: NodeJS.Timeout | undefined;
  let askAtMs = 0;
  let askNotBeforeMs = 0;
  let slotTimer: NodeJS.Timeout | undefined;
  let refusedSinceMs: number | undefined;
  const counted = { refused: 0, sentAway: 0, loggedAtMs: 0 };
  let closed = false;

  function mayGoUnslotted(): boolean {
    if (known === "free") return true;
    if (known === "limited") return false;
    if (unknown.sinceMs === 0) unknown.sinceMs = nowMs();
    const seconds = Math.floor((nowMs() - unknown.sinceMs) / 1000);
    return unknown.underWay < UNKNOWN_CALLS * 2 ** Math.min(seconds, 20);
  }

  function giveBackStale(): void {
    const fresh = slots.findIndex(({ atMs }) => atMs >= nowMs() - SLOT_KEPT_MS);
    const stale = fresh === -1 ? slots.length : fresh;
    report.returnedCalls += stale;
    slots.splice(0, stale);
  }

  function takeSlot(): Slot | undefined {
    giveBackStale();
    const now = nowMs();
    const [first] = slots;
    if (first === undefined || first.atMs > now || now < pausedUntilMs) return undefined;
    slots.shift();
    return first;
  }

  function callWith(slot: Slot | undefined): RatedCall {
    countUse();
    const isUnknown = known === "unknown";
    if (isUnknown) unknown.underWay += 1;
    if (slot === undefined && known !== "free") report.unslottedCalls += 1;
    let open = true;
    return {
      told: learn,
      end(how) {
        if (!open) return;
        open = false;
        if (isUnknown) unknown.underWay -= 1;
        if (how.unused) {
          if (slot !== undefined) report.returnedCalls += 1;
          else if (known !== "free") report.unslottedCalls -= 1;
        } else {
          refusedSinceMs = how.inputTokens === undefined ? refusedSinceMs : undefined;
          correct(slot ?? { atMs: 0, ...average }, how.inputTokens ?? 0, how.outputTokens ?? 0);
        }
        if (line.size() > 0) pump();
        else askSoon();
      },
    };
  }

  function correct(slot: Slot, input: number, output: number): void {
    if (known === "limited") {
      report.unusedInputTokens += slot.input - input;
      report.unusedOutputTokens += slot.output - output;
    }
    if (input === 0) return;
    average.input += (input - average.input) * LEARNT_SHARE;
    average.output += (output - average.output) * LEARNT_SHARE;
  }

  function learn(told: ToldLimits | undefined): void {
    if (told === undefined) {
      if (known === "free" || Object.keys(configured).length > 0) return;
      known = "free";
      limits = undefined;
      report.news = { kind: "free" };
    } else {
      if (known === "limited" && limits !== undefined && sameLimits(limits, told.limits)) return;
      const wasUnknown = known === "unknown";
      known = "limited";
      limits = told.limits;
      if (wasUnknown) sendSurplusAway(told.limits);
      report.news = { kind: "limits", ...told };
      log.info("the provider's rate limits are known", { model, ...told.limits });
    }
    void ask();
    pump();
  }

  function pump(): void {
    while (line.size() > 0 && nowMs() >= pausedUntilMs) {
      const slot = known === "limited" ? takeSlot() : undefined;
      if (slot === undefined && !mayGoUnslotted()) break;
      line.next()?.go(slot);
    }
    clearTimeout(slotTimer);
    if (line.size() > 0) {
      const nextAtMs = known === "limited" ? slots[0]?.atMs : nowMs() + GUESSED_INTERVAL_MS;
      if (nextAtMs !== undefined)
        slotTimer = setTimeout(pump, Math.max(1, Math.max(nextAtMs, pausedUntilMs) - nowMs()));
    }
    askSoon();
  }

  /** More than wait now: those that will come within a second, where they come often. */
  function wanted(): number {
    const second = Math.floor(nowMs() / 1000);
    const recent =
      used.second === second ? Math.max(used.now, used.before) : used.second === second - 1 ? used.now : 0;
    return Math.max(0, line.size() + (recent > 1 ? Math.ceil(recent * 1.2) : 0) - slots.length);
  }

  function countUse(): void {
    const second = Math.floor(nowMs() / 1000);
    if (used.second !== second) {
      used.before = used.second === second - 1 ? used.now : 0;
      used.now = 0;
      used.second = second;
    }
    used.now += 1;
  }

  function askSoon(): void {
    if (asking || closed || (known === "free" && report.news === undefined)) return;
    // An open slot is asked about once more, for it may have to be given back.
    if (wanted() === 0 && slots.length === 0 && isEmptyReport(report)) return;
    const now = nowMs();
    const isUrgent =
      (line.size() > 0 && wanted() > 0) || report.news !== undefined || report.pauseMs !== undefined;
    const atMs = isUrgent ? Math.max(now, askNotBeforeMs) : now + SLOT_KEPT_MS;
    if (askTimer !== undefined && askAtMs <= atMs) return;
    clearTimeout(askTimer);
    askAtMs = atMs;
    askTimer = setTimeout(() => void ask(), atMs - now);
  }

  async function ask(): Promise<void> {
    clearTimeout(askTimer);
    askTimer = undefined;
    if (asking || closed) return;
    asking = true;
    giveBackStale();
    const cost = { ...average };
    const said = report;
    report = emptyReport();
    try {
      const slice = await deps.lease({
        model,
        wantedCalls: known === "unknown" ? 0 : wanted(),
        weight: line.size() + away(),
        inputTokens: cost.input,
        outputTokens: cost.output,
        ...said,
        configured,
        horizonMs: HORIZON_MS,
      });
      asking = false;
      take(slice, cost);
    } catch (error) {
      asking = false;
      report = joinReports(said, report);
      askNotBeforeMs = nowMs() + 1000;
      log.warn("no slots could be leased; this will be repeated", { model, error });
    }
    pump();
  }

  function take(slice: Slice, cost: { input: number; output: number }): void {
    const now = nowMs();
    if (slice.known === "unknown") {
      // The fleet has forgotten what we were told, or nobody has been told yet.
      if (known === "limited" && limits !== undefined)
        report.news ??= { kind: "limits", limits, remainingRequests: undefined };
    } else if (report.news === undefined) {
      // What an answer told while we asked is newer.
      const wasUnknown = known === "unknown";
      known = slice.known;
      limits = slice.known === "limited" ? slice.limits : undefined;
      if (wasUnknown && limits !== undefined) sendSurplusAway(limits);
    }
    pausedUntilMs = Math.max(pausedUntilMs, now + slice.pausedMs);
    askNotBeforeMs = now + GUESSED_INTERVAL_MS;
    if (known !== "limited" || slice.known === "unknown") return;
    if (slice.everyMs > 0) everyMs = slice.everyMs;
    othersWeight = slice.othersWeight;
    for (let i = 0; i < slice.grantedCalls; i += 1)
      slots.push({
        atMs: now + slice.firstInMs + i * slice.everyMs,
        ...cost,
      });
    const jitter = 0.9 + random() * 0.2;
    askNotBeforeMs = now + (wanted() > 0 ? slice.againInMs * jitter : 0);
  }

  /** While nothing was known there was no end to the line. */
  function sendSurplusAway({ requests }: RateLimits): void {
    if (requests !== undefined) everyMs = 60_000 / Math.max(1, requests);
    while (line.size() > places()) line.next()?.sendAway();
  }

  function sentAway(): RateAdmission {
    counted.sentAway += 1;
    logSometimes();
    return { kind: "busy", retryAfterMs: backInMs() };
  }

  /** As long as it takes to serve all who wait already, here and elsewhere. */
  function backInMs(): number {
    const now = nowMs();
    const ahead = Math.min(line.size(), places()) + away() + othersWeight + 1;
    const waitMs = Math.max(0, pausedUntilMs - now) + ahead * everyMs * EARLY;
    const isFar = waitMs > LONGEST_AWAY_MS;
    const backMs = isFar
      ? LONGEST_AWAY_MS * (0.5 + random() / 2)
      : waitMs + random() * Math.min(1000, everyMs);
    backAtMs.push(now + backMs);
    return Math.ceil(backMs);
  }

  function away(): number {
    const now = nowMs();
    // Often asked, of many: a fifth of a second makes no difference.
    if (now - lookedBackAtMs > 200) {
      lookedBackAtMs = now;
      backAtMs = backAtMs.filter((atMs) => atMs > now);
    }
    return backAtMs.length;
  }

  /** As many as get their slot within the time that it is worth waiting for. */
  function places(): number {
    const own = Math.max(1, line.size() + away());
    return Math.max(PATIENT_CALLS, Math.floor((PATIENCE_MS * own) / (own + othersWeight) / everyMs));
  }

  function logSometimes(): void {
    if (nowMs() - counted.loggedAtMs < LOG_EVERY_MS) return;
    counted.loggedAtMs = nowMs();
    const { refused, sentAway: away } = counted;
    log.info("tasks wait for the provider's rate limit", { model, refused, sentAway: away, ...limits });
  }

  function join(tenant: string, signal: AbortSignal): Promise<RateAdmission> {
    const isPatient = known === "unknown" || line.size() < PATIENT_CALLS;
    const patienceMs = isPatient ? PATIENT_MS : PATIENCE_MS;
    return new Promise((resolve) => {
      const stop = (admission: RateAdmission) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
        resolve(admission);
      };
      const leave = line.join(tenant, {
        go: (slot) => stop({ kind: "go", call: callWith(slot) }),
        sendAway: () => stop(sentAway()),
      });
      const giveUp = () => {
        if (leave()) stop(sentAway());
      };
      const timer = setTimeout(giveUp, patienceMs);
      signal.addEventListener("abort", giveUp, { once: true });
      pump();
    });
  }

  return {
    admit({ tenant, signal }) {
      if (nowMs() < pausedUntilMs) return sentAway();
      if (known === "unknown" && unknown.sinceMs === 0) void ask();
      if (line.size() === 0) {
        const slot = known === "limited" ? takeSlot() : undefined;
        if (slot !== undefined || mayGoUnslotted()) {
          const admission: RateAdmission = { kind: "go", call: callWith(slot) };
          askSoon();
          return admission;
        }
      }
      if (known !== "unknown" && line.size() >= places()) return sentAway();
      return join(tenant, signal);
    },
    refused(retryAfterMs) {
      const now = nowMs();
      refusedSinceMs ??= now;
      counted.refused += 1;
      if (retryAfterMs === undefined && known !== "limited") return false;
      if (now - refusedSinceMs > PERSISTENT_MS) return false;
      const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(250, retryAfterMs ?? 1000));
      pausedUntilMs = Math.max(pausedUntilMs, now + pauseMs);
      report.returnedCalls += slots.length;
      report.pauseMs = pauseMs;
      slots = [];
      log.warn("the provider refuses calls for their rate", {
        model,
        retryAfterMs,
        refused: counted.refused,
      });
      void ask();
      return true;
    },
    close() {
      closed = true;
      clearTimeout(askTimer);
      clearTimeout(slotTimer);
    },
  };
}
