// How much a process says. `silent` still lets announcements through: who starts a process waits for them.

/** From least to most. */
export const logLevels = ["silent", "error", "warn", "info", "debug"] as const;

export type LogLevel = (typeof logLevels)[number];
