/** The model's provider, as a worker of this environment would reach it. Costs nothing: models are listed, none is asked. */
import { reasonOf } from "../api/explain-error.ts";
import type { Finding, Looked } from "./examine.ts";

const ANTHROPIC = "https://api.anthropic.com";
const ANSWER_TIMEOUT_MS = 8_000;

export async function lookAtModel({ env, signal }: Looked): Promise<Finding[]> {
  const subject = "model";
  const key = env.ANTHROPIC_API_KEY || undefined;
  const base = env.ANTHROPIC_BASE_URL || undefined;
  if (key === undefined && base === undefined) {
    const message = "no ANTHROPIC_API_KEY: under `npm start` a simulator stands in for the model";
    return [{ subject, state: "ok", message }];
  }
  const url = (base ?? ANTHROPIC).replace(/\/+$/, "");
  let response: Response;
  try {
    response = await fetch(`${url}/v1/models?limit=1`, {
      headers: {
        "anthropic-version": "2023-06-01",
        ...(key === undefined ? {} : { "x-api-key": key, authorization: `Bearer ${key}` }),
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
      redirect: "error",
    });
  } catch (error) {
    const fix =
      base === undefined
        ? "Is there a network, and may this machine reach api.anthropic.com (proxy, firewall)?"
        : "ANTHROPIC_BASE_URL names it. Is it right, and does the gateway run?";
    return [{ subject, state: "broken", message: `${url} cannot be reached: ${reasonOf(error)}`, fix }];
  }
  await response.body?.cancel();
  if (response.status === 401 || response.status === 403) {
    const fix = "Is ANTHROPIC_API_KEY complete, and still valid? https://console.anthropic.com/settings/keys";
    return [{ subject, state: "broken", message: `${url} refuses the key (HTTP ${response.status})`, fix }];
  }
  if (response.status >= 500) {
    const fix = "Tasks wait and try again by themselves; https://status.anthropic.com tells more.";
    return [{ subject, state: "warning", message: `${url} is in trouble (HTTP ${response.status})`, fix }];
  }
  const took = response.ok && key !== undefined ? " and takes the key" : "";
  return [{ subject, state: "ok", message: `${url} answers${took}` }];
}
