/** Gathers what a process under the lag probe tells of itself. */
import type { Vitals } from "../processes/lag-probe.ts";
import type { BenchProcess } from "./process.ts";

export type VitalsRecord = {
  peakRssBytes: number;
  /** All since the last `restart`. */
  lagsMs: number[];
  restart(): void;
};

export const lagProbe = new URL("../processes/lag-probe.ts", import.meta.url).href;

export function recordVitals(child: BenchProcess<object>): VitalsRecord {
  const record: VitalsRecord = {
    peakRssBytes: 0,
    lagsMs: [],
    restart() {
      record.lagsMs = [];
    },
  };
  child.onMessage((message) => {
    if (!("vitals" in message)) return;
    const { rssBytes, lagsMs } = message.vitals as Vitals;
    record.peakRssBytes = Math.max(record.peakRssBytes, rssBytes);
    record.lagsMs.push(...lagsMs);
  });
  return record;
}
