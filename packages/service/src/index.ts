// @pawl/service: what makes a process good. Its environment, its log, its end, its health, and the one place that
// redacts. Knows nothing of tasks and imports no other room.
export {
  EnvironmentError,
  type EnvironmentFault,
  exitOnEnvironmentError,
  readEnvironment,
  requireOneOf,
  type StartingProcess,
} from "./environment.ts";
export { type Health, type HealthOptions, serveHealth } from "./health.ts";
export { createLog, type Log, type LogFields, type LogOptions } from "./log.ts";
export { type LogLevel, logLevels } from "./log-level.ts";
export { Counter, createMetrics, Gauge, Histogram, type Registry } from "./metrics.ts";
export { type RedactLimits, redact } from "./redact.ts";
export { redactText } from "./redact-text.ts";
export { createShutdown, type Shutdown, type ShutdownOptions } from "./shutdown.ts";
export {
  adminKey,
  byteSize,
  csv,
  flag,
  host,
  httpUrl,
  logLevel,
  port,
  positiveInteger,
  positiveMs,
  redisUrl,
  webhookSecret,
} from "./variables.ts";
