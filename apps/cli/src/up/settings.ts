/**
 * What `npm start` takes from the environment. Everything else there is passed to the processes it starts,
 * each of which checks its own part.
 */
import { isAbsolute, join } from "node:path";
import { z } from "zod";

const port = z.coerce.number().int().min(0).max(65_535);
const milliseconds = z.coerce.number().int().nonnegative();

const UpEnvironment = z.object({
  HOST: z.string().default("127.0.0.1"),
  /** Given: this one or none. Not given: 3000, or a free one when that is taken. */
  PORT: port.optional(),
  REDIS_URL: z.string().optional(),
  ANTHROPIC_API_KEY: z.string().optional(),
  ANTHROPIC_BASE_URL: z.string().optional(),
  PAWL_DATA_DIR: z.string().default(".pawl"),
  PAWL_ADMIN_KEY: z.string().optional(),
  PAWL_WEBHOOK_SECRET: z.string().optional(),
  SHUTDOWN_GRACE_MS: milliseconds.optional(),
});

export type UpSettings = z.infer<typeof UpEnvironment> & { dataDir: string };

/** An empty variable counts as unset. All faults are reported together. */
export function readSettings(env: NodeJS.ProcessEnv, root: string): UpSettings | { faults: string[] } {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = UpEnvironment.safeParse(given);
  if (!parsed.success) {
    return { faults: parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) };
  }
  const { PAWL_DATA_DIR } = parsed.data;
  return { ...parsed.data, dataDir: isAbsolute(PAWL_DATA_DIR) ? PAWL_DATA_DIR : join(root, PAWL_DATA_DIR) };
}
