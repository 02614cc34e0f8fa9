/** The configuration module: whether it loads, and what it defines. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { loadConfig } from "@pawl/agent";
import type { Finding, Looked } from "./examine.ts";

export async function lookAtConfig({ env, root }: Looked): Promise<Finding[]> {
  const subject = "configuration";
  const path = resolve(root, env.PAWL_CONFIG || "pawl.config.ts");
  if (!existsSync(path)) {
    const fix = 'Set PAWL_CONFIG to your module, or write one: README.md, "Your own agents and tools".';
    return [{ subject, state: "broken", message: `${path} does not exist`, fix }];
  }
  try {
    const { agents } = await loadConfig(path);
    const names = Object.keys(agents);
    const listed = names.slice(0, 5).join(", ");
    return [
      {
        subject,
        state: "ok",
        message: `${path}: ${names.length} agent${names.length === 1 ? "" : "s"} (${listed}${names.length > 5 ? ", …" : ""})`,
      },
      ...(names.includes("default")
        ? []
        : [
            {
              subject,
              state: "warning" as const,
              message: "no agent is called default: tasks that name none are refused",
              fix: "Call one of them `default`, or name an agent with each task.",
            },
          ]),
    ];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [
      {
        subject,
        state: "broken",
        message,
        fix: "Mend the module; it must default-export defineConfig({ … }).",
      },
    ];
  }
}
