/** The program that runs us, and the folder where a local Pawl keeps what it must not forget. */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Finding, Looked } from "./examine.ts";

/** The first one that runs our TypeScript as it is, without a flag. */
const LEAST_NODE = [24, 12] as const;

export async function lookAtNode(): Promise<Finding[]> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isNew = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  const found = { subject: "node", message: `Node ${process.versions.node}` };
  if (isNew) return [{ ...found, state: "ok" }];
  const fix = "`npm install` in Pawl's folder fetches the right one; `npx pawl` finds it by itself.";
  return [
    { ...found, state: "broken", message: `${found.message}, but ${LEAST_NODE.join(".")} is needed`, fix },
  ];
}

export async function lookAtDataDir({ dataDir }: Looked): Promise<Finding[]> {
  const subject = "data folder";
  if (!existsSync(dataDir)) {
    return [{ subject, state: "ok", message: `${dataDir} is not there yet; \`npm start\` makes it` }];
  }
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    const fix = `chown -R "$USER" ${dataDir}, or set PAWL_DATA_DIR to another folder`;
    return [{ subject, state: "broken", message: `${dataDir} cannot be written to`, fix }];
  }
  const secrets = join(dataDir, "secrets.json");
  const mode = statSync(secrets, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o077) !== 0) {
    return [
      { subject, state: "warning", message: `${secrets} can be read by others`, fix: `chmod 600 ${secrets}` },
    ];
  }
  return [{ subject, state: "ok", message: dataDir }];
}
