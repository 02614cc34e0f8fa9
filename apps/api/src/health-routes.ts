/** `/healthz`: the process answers. `/readyz`: so does its Redis, and it is one that keeps what it is told. */
import type { Router } from "express";
import type { ApiDeps } from "./api-deps.ts";
import { HttpProblem } from "./problem.ts";
import { serve } from "./routing.ts";

export function healthRoutes(router: Router, { notReady, closing }: ApiDeps): void {
  serve(router, "/healthz", {
    get: (_request, response) => {
      response.json({ status: "ok" });
    },
  });
  serve(router, "/readyz", {
    get: async (_request, response) => {
      const reason = closing.aborted ? "This process is about to end." : await notReady();
      if (reason !== null) throw new HttpProblem("unavailable", reason, { headers: { "retry-after": "1" } });
      response.json({ status: "ready" });
    },
  });
}
