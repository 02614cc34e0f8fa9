// /control: scripts in, the ledger out. Not part of the API that is simulated.

import { z } from "zod";
import { type Ledger, LedgerQuery } from "./ledger.ts";
import { Scenario, type Script } from "./scenario.ts";

export type ControlDeps = {
  readonly script: Script;
  readonly ledger: Ledger;
  readonly inFlight: () => number;
  readonly stalls: { readonly count: () => number; readonly release: () => number };
};

export type ControlAnswer = { readonly status: number; readonly body: unknown };

/** `readBody` gives undefined where the body is no JSON. */
export async function answerControl(
  method: string,
  url: URL,
  readBody: () => Promise<unknown>,
  deps: ControlDeps,
): Promise<ControlAnswer> {
  const { script, ledger, stalls } = deps;
  switch (`${method} ${url.pathname}`) {
    case "POST /control/scenario": {
      const parsed = Scenario.safeParse(await readBody());
      if (!parsed.success) return invalid(parsed.error);
      script.add(parsed.data);
      return ok(scriptState(deps));
    }
    case "GET /control/scenario":
      return ok(scriptState(deps));
    case "DELETE /control/scenario":
      script.clear(url.searchParams.get("contains") ?? undefined);
      return ok(scriptState(deps));
    case "POST /control/release":
      return ok({ released: stalls.release() });
    case "GET /control/ledger": {
      const query = LedgerQuery.safeParse(Object.fromEntries(url.searchParams));
      return query.success ? ok(ledger.read(query.data)) : invalid(query.error);
    }
    case "DELETE /control/ledger":
      ledger.clear();
      return ok(ledger.read({ limit: 0 }));
    default:
      return { status: 404, body: { error: `There is no ${method} ${url.pathname} here.` } };
  }
}

export function scenarioProblem(error: z.ZodError): string {
  return z.prettifyError(error);
}

function scriptState({ script, inFlight, stalls }: ControlDeps) {
  return {
    default: script.defaultBrain(),
    billing: script.billing(),
    rate_limits: script.rateLimits() ?? null,
    steps: script.pending(),
    in_flight: inFlight(),
    stalled: stalls.count(),
  };
}

function ok(body: unknown): ControlAnswer {
  return { status: 200, body };
}

function invalid(error: z.ZodError): ControlAnswer {
  return { status: 400, body: { error: scenarioProblem(error) } };
}
