/** The machine that the figures are of, and how busy it was with other things. */
import { cpus, loadavg, platform, release, totalmem } from "node:os";

export type Machine = {
  cpus: number;
  cpu_model: string;
  memory_gb: number;
  os: string;
  node: string;
  /** 1, 5 and 15 minutes, when the last benchmark ended: our own load is part of it. */
  load_average: number[];
};

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpus: all.length,
    cpu_model: all[0]?.model.trim() ?? "unknown",
    memory_gb: Math.round(totalmem() / 2 ** 30),
    os: `${platform()} ${release()}`,
    node: process.version,
    load_average: loadavg().map((load) => Number(load.toFixed(2))),
  };
}
