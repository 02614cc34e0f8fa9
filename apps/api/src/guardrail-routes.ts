/** POST /v1/guardrails/check: what the guards say of a text, under the caller's own policy. Nothing is stored. */
import { createModeratedGuard, type Guard } from "@pawl/guardrails";
import { GuardCheckRequest, type GuardVerdict, publicFinding } from "@pawl/protocol";
import type { Router } from "express";
import type { ApiDeps } from "./api-deps.ts";
import { callerOf } from "./auth.ts";
import { parseBody, refuseQuery } from "./parse-request.ts";
import { readJsonBody } from "./read-body.ts";
import { serve } from "./routing.ts";

export function guardrailRoutes(router: Router, deps: Pick<ApiDeps, "config" | "maxBodyBytes">): void {
  const { guardrails } = deps.config;
  const guards = new Map<string, Guard>();
  const guardOf = (tenant: string): Guard => {
    const own = guardrails.tenants[tenant];
    // Tenants without a policy of their own share one.
    const name = own === undefined ? "" : tenant;
    const known =
      guards.get(name) ??
      createModeratedGuard(
        guardrails.moderation,
        ...(guardrails.policy ? [guardrails.policy] : []),
        ...(own ? [own] : []),
      );
    guards.set(name, known);
    return known;
  };

  serve(router, "/guardrails/check", {
    post: async (request, response) => {
      const { tenant } = callerOf(request);
      refuseQuery(request);
      const { text, direction } = parseBody(
        GuardCheckRequest,
        await readJsonBody(request, deps.maxBodyBytes),
      );
      const { action, findings, text: redacted } = await guardOf(tenant).checkFully(text, { direction });
      const verdict: GuardVerdict = { action, findings: findings.map(publicFinding), text: redacted };
      response.json(verdict);
    },
  });
}
