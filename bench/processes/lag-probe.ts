/** Loaded before a process's own code (`node --import`): tells its parent how late its timers are and what it weighs. */
import { watchEventLoop } from "../measure/event-loop-lag.ts";

export type Vitals = { rssBytes: number; lagsMs: number[] };

const EVERY_MS = 100;
const probe = watchEventLoop();
setInterval(() => {
  const vitals: Vitals = { rssBytes: process.memoryUsage.rss(), lagsMs: probe.take() };
  process.send?.({ vitals });
}, EVERY_MS).unref();
