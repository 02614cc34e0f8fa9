/** The benchmarks, in the order in which they run. */
import type { Benchmark } from "./benchmark.ts";
import { dollarsPer50Turns } from "./dollars-per-50-turns.ts";
import { durableTasks, durableTasksSixScopes } from "./durable-tasks.ts";
import { guardedSdkTasks } from "./guarded-sdk-tasks.ts";
import { idleLatency } from "./idle-latency.ts";
import { inFlight } from "./in-flight.ts";
import { inFlightSdk } from "./in-flight-sdk.ts";
import { journalBytes } from "./journal-bytes.ts";
import { realSdkTasks } from "./real-sdk-tasks.ts";
import { resumeAfterKill } from "./resume-after-kill.ts";
import { roundTrips } from "./round-trips.ts";
import { submitLatency } from "./submit-latency.ts";

export const benchmarks: readonly Benchmark[] = [
  durableTasks,
  durableTasksSixScopes,
  realSdkTasks,
  guardedSdkTasks,
  idleLatency,
  submitLatency,
  inFlight,
  inFlightSdk,
  resumeAfterKill,
  roundTrips,
  journalBytes,
  dollarsPer50Turns,
];
