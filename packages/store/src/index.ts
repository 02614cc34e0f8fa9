/** The only room that knows Redis and BullMQ: keys, scripts, journal, queues, the ledger, deliveries. */
export { type Account, accountKey, scopeAccounts, type Terms } from "./account.ts";
export { type CachedAnswer, cacheAnswer, findCachedAnswer } from "./answer-cache.ts";
export {
  type ApiKeyRecord,
  createApiKey,
  deleteApiKey,
  findApiKey,
  findApiKeyByHash,
  type ListedApiKey,
  listApiKeys,
  noteApiKeyUsed,
  webhookSecret,
} from "./api-keys.ts";
export { listLimited, readBudget, removeLimit, setLimit, type WindowBudget } from "./budgets.ts";
export { type CapacityAsk, type CapacityLease, type CapacityLimits, leaseCapacity } from "./capacity.ts";
export { type Claim, type ClaimOutcome, claimTask } from "./claim.ts";
export { type Codec, compressingCodec } from "./codec.ts";
export {
  connectRedis,
  inspectRedis,
  parseRedisAddress,
  type RedisAddress,
  type RedisFault,
} from "./connect.ts";
export {
  type Consumer,
  type ConsumerOptions,
  consumeTasks,
  consumeWebhooks,
  type JobVerdict,
  type StartedTaskJob,
} from "./consume.ts";
export {
  type Delivery,
  type DeliveryState,
  type DeliveryTry,
  deliveredTask,
  listDeliveries,
  readDelivery,
  recordDelivery,
  redeliver,
} from "./deliveries.ts";
export { readJournal, readSubmission, readTask } from "./journal.ts";
export { globalKeys, isTenantName, key } from "./keys.ts";
export { countTasks, type ListedTask, type ListingFilters, listTasks } from "./listing.ts";
export { type Notice, type Notices, openNotices, publishHealth, publishText } from "./notices.ts";
export { keepOneTimeWord, takeOneTimeWord } from "./one-time-words.ts";
export type { Pace } from "./pace.ts";
export {
  enqueueDelivery,
  enqueueLegs,
  type Lane,
  type OwedLeg,
  type QueueName,
  type Queues,
  queueNames,
  queuePrefix,
  type TaskJob,
  type WebhookJob,
} from "./queue.ts";
export { type QueueReading, readQueues } from "./queue-readings.ts";
export { type RedisFacts, readRedisFacts } from "./redis-facts.ts";
export { openReplicas, type Replicas } from "./replicas.ts";
export { type Resume, type ResumeOutcome, resumeTask } from "./resume.ts";
export {
  admitWaiting,
  cancelTask,
  recheckLine,
  reportAlive,
  reportLateUsage,
  reviveLeg,
  ringAlarm,
  type SignalOutcome,
  wakeTask,
} from "./signal.ts";
export { type Hold, type Step, type StepOutcome, stepTask } from "./step.ts";
export {
  DEFAULT_RETENTION_MS,
  DEFAULT_SEATS,
  openStore,
  type Seats,
  type Store,
  type StoreOptions,
} from "./store.ts";
export { keepAnswer, type Submission, type SubmitOutcome, submitTask } from "./submit.ts";
export { type ArchiveSweep, sweepArchive } from "./sweep/archive.ts";
export { sweepDeliveries } from "./sweep/deliveries.ts";
export { sweepDue } from "./sweep/due.ts";
export { sweepLines } from "./sweep/lines.ts";
export { sweepOwed } from "./sweep/owed.ts";
export { sweepRetention } from "./sweep/retention.ts";
export { sweepSeats } from "./sweep/seats.ts";
export { redisNowMs } from "./sweep/sweep.ts";
export { DEFAULT_REPORTS_KEPT_MS, sweepUsage, type UsageSweep } from "./sweep/usage.ts";
export { sweepVanished, type VanishedCursors } from "./sweep/vanished.ts";
export type { Transition } from "./transition.ts";
export {
  readUsage,
  USAGE_DIMENSIONS,
  type UsageDimension,
  type UsageQuery,
  type UsageReport,
  type UsageRow,
} from "./usage-reports.ts";
export type { UsageLabel, UsageSums } from "./usage-reports-sums.ts";
export { forgetWorker, type LivingWorker, listWorkers, reportWorker, WORKER_BEAT_MS } from "./workers.ts";
