/** Budgets and usage in the document. */
import {
  BudgetLimitRequest,
  BudgetScope,
  BudgetView,
  ListedBudget,
  pageOf,
  UsageReport,
} from "@pawl/protocol";
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { BudgetDeleteQuery, BudgetListQuery } from "../budget-routes.ts";
import { UsageQuery } from "../usage-routes.ts";
import { json, operation } from "./operation.ts";

const path = z.object({
  scope: BudgetScope,
  id: z.string().min(1).max(256).meta({ description: "The session's, user's, feature's or tenant's name." }),
});

export const BudgetPage = pageOf(ListedBudget).meta({ id: "BudgetPage" });

export const moneyPaths: ZodOpenApiPathsObject = {
  "/v1/budgets": {
    get: operation({
      id: "listBudgets",
      tag: "Money",
      summary: "List the budgets that have a limit set by hand",
      query: BudgetListQuery,
      answers: { 200: json("One page.", BudgetPage) },
    }),
  },
  "/v1/budgets/{scope}/{id}": {
    get: operation({
      id: "getBudget",
      tag: "Money",
      summary: "Read a budget",
      path,
      answers: { 200: json("Every window that has a limit.", BudgetView) },
      problems: ["forbidden", "not_found"],
    }),
    put: operation({
      id: "setBudget",
      tag: "Money",
      summary: "Set the limit of one window",
      description: "It holds at once, for every process. Tasks that waited for the money go on.",
      path,
      body: BudgetLimitRequest,
      answers: { 200: json("Every window that has a limit.", BudgetView) },
      problems: ["forbidden", "not_found"],
    }),
    delete: operation({
      id: "removeBudget",
      tag: "Money",
      summary: "Take away the limit of one window that was set by hand",
      description: "The configured limit holds again, or none. Repeating it is harmless.",
      path,
      query: BudgetDeleteQuery,
      answers: { 200: json("Every window that has a limit.", BudgetView) },
      problems: ["forbidden", "not_found"],
    }),
  },
  "/v1/usage": {
    get: operation({
      id: "getUsage",
      tag: "Money",
      summary: "What was spent, by day and by who spent it on what",
      query: UsageQuery,
      answers: {
        200: {
          description: "One page; as CSV with `Accept: text/csv`, then all of it where no `limit` is given.",
          content: {
            "application/json": UsageReport,
            "text/csv": z.string().meta({ description: "RFC 4180.", example: "day,cost_usd\r\n" }),
          },
        },
      },
    }),
  },
};
