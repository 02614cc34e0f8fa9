// The simulator's environment: read once, every fault told together.

import { z } from "zod";

/** Other names for the same levels, as log libraries have them. */
const LEVELS = new Map([
  ["silent", 0],
  ["fatal", 1],
  ["error", 1],
  ["warn", 1],
  ["info", 1],
  ["http", 1],
  ["verbose", 2],
  ["debug", 2],
  ["trace", 2],
  ["silly", 2],
]);

const Environment = z.object({
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_%-]{1,253}$/, "must be a host name or an IP address, such as 127.0.0.1")
    .default("127.0.0.1"),
  PORT: z
    .string()
    .refine(
      (text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535,
      "must be a whole number from 0 to 65535 (0: a free port)",
    )
    .default("4010")
    .transform(Number),
  LOG_LEVEL: z
    .string()
    .toLowerCase()
    .refine((name) => LEVELS.has(name), "must be one of silent, error, warn, info, debug")
    .default("info"),
  SIMULATOR_SCENARIO: z.string().optional(),
  SIMULATOR_BILLING: z
    .string()
    .toLowerCase()
    .pipe(z.enum(["fair", "worst"], "must be fair or worst"))
    .optional(),
});

export type Environment = {
  readonly host: string;
  readonly port: number;
  /** 0: announcements only. 1: faults, too. 2: each request, too. */
  readonly logDetail: number;
  readonly scenarioPath: string | undefined;
  /** undefined: as the scenario says, else fair. */
  readonly billing: "fair" | "worst" | undefined;
};

/** An empty variable counts as unset. */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): { environment: Environment } | { faults: string[]; scenarioPath: string | undefined } {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
    return { faults, scenarioPath: given.SIMULATOR_SCENARIO };
  }
  const { HOST, PORT, LOG_LEVEL, SIMULATOR_SCENARIO, SIMULATOR_BILLING } = parsed.data;
  return {
    environment: {
      host: HOST,
      port: PORT,
      logDetail: LEVELS.get(LOG_LEVEL) ?? 1,
      scenarioPath: SIMULATOR_SCENARIO,
      billing: SIMULATOR_BILLING,
    },
  };
}
