/**
 * What Prometheus is told of a process: its own memory, CPU and event loop, and what the process adds. A registry is
 * handed out, never a global, so that two in one process (a test, a benchmark) do not mix.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export { Counter, Gauge, Histogram, type Registry };

/** `processName` labels every metric: `api`, `worker`. */
export function createMetrics(processName: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process: processName });
  collectDefaultMetrics({ register: registry });
  return registry;
}
