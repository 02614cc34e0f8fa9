/** Every route under /v1. */
import type { Router } from "express";
import type { ApiDeps } from "./api-deps.ts";
import { apiKeyRoutes } from "./api-key-routes.ts";
import type { KeyRing } from "./auth.ts";
import { budgetRoutes } from "./budget-routes.ts";
import { deliveryRoutes } from "./delivery-routes.ts";
import { guardrailRoutes } from "./guardrail-routes.ts";
import { operationsRoutes } from "./operations-routes.ts";
import { taskRoutes } from "./task-routes.ts";
import { usageRoutes } from "./usage-routes.ts";

export function v1Routes(router: Router, deps: ApiDeps, keys: KeyRing): void {
  taskRoutes(router, deps);
  deliveryRoutes(router, deps);
  budgetRoutes(router, deps);
  usageRoutes(router, deps);
  guardrailRoutes(router, deps);
  operationsRoutes(router, deps);
  apiKeyRoutes(router, deps, keys);
}
