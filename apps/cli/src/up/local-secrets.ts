/**
 * The secrets of a local installation: made once, kept in `<dataDir>/secrets.json` for its owner's eyes only,
 * the same at every start. A value given in the environment wins and is never written down.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const LocalSecrets = z.object({ PAWL_ADMIN_KEY: z.string().min(1), PAWL_WEBHOOK_SECRET: z.string().min(1) });
export type LocalSecrets = z.infer<typeof LocalSecrets>;

/** @throws when the file is there but unreadable: making new secrets would lock out whoever uses the old. */
export function keepSecrets(
  dataDir: string,
  given: { PAWL_ADMIN_KEY?: string | undefined; PAWL_WEBHOOK_SECRET?: string | undefined },
): LocalSecrets {
  const path = join(dataDir, "secrets.json");
  const kept = readKept(path);
  const secrets = {
    PAWL_ADMIN_KEY: kept.PAWL_ADMIN_KEY ?? `pawl_admin_${randomBytes(32).toString("base64url")}`,
    PAWL_WEBHOOK_SECRET: kept.PAWL_WEBHOOK_SECRET ?? `whsec_${randomBytes(32).toString("base64")}`,
  };
  mkdirSync(dataDir, { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600); // whatever the umask says
  renameSync(draft, path);
  return {
    PAWL_ADMIN_KEY: given.PAWL_ADMIN_KEY ?? secrets.PAWL_ADMIN_KEY,
    PAWL_WEBHOOK_SECRET: given.PAWL_WEBHOOK_SECRET ?? secrets.PAWL_WEBHOOK_SECRET,
  };
}

function readKept(path: string): { [Name in keyof LocalSecrets]?: string | undefined } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw error;
  }
  try {
    return LocalSecrets.partial().parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is damaged. Repair it, or delete it to have new secrets made.`, { cause });
  }
}
