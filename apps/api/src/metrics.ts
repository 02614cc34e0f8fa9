/**
 * What Prometheus is told of the api: requests by route as it is written in the code, never as it was asked, and how deep
 * the queues are. Counts over tasks are the workers' to tell. Open as health is: it names no user and no tenant.
 */
import { Counter, createMetrics, Gauge, Histogram } from "@pawl/service";
import { queueNames } from "@pawl/store";
import type { RequestHandler, Router } from "express";
import type { ApiDeps } from "./api-deps.ts";
import { serve } from "./routing.ts";

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

/** Counts what passes it, and serves `/metrics`. */
export function apiMetrics({ store, log }: Pick<ApiDeps, "store" | "log">) {
  const registry = createMetrics("api");
  const registers = [registry];
  const labelNames = ["method", "route", "status"] as const;
  const requests = new Counter({
    name: "pawl_http_requests_total",
    help: "HTTP requests.",
    labelNames,
    registers,
  });
  const seconds = new Histogram({
    name: "pawl_http_request_seconds",
    help: "HTTP requests, until the answer's last byte; streams as long as they are open.",
    labelNames: ["method", "route"] as const,
    buckets: SECONDS,
    registers,
  });
  new Gauge({
    name: "pawl_queue_jobs",
    help: "Legs of tasks, and webhook deliveries, in BullMQ.",
    labelNames: ["queue", "state"] as const,
    registers,
    async collect() {
      this.reset();
      await Promise.all(
        Object.entries(queueNames).map(async ([queue]) => {
          const counts = await store.queues[queue as keyof typeof queueNames].getJobCounts(
            "waiting",
            "prioritized",
            "active",
            "delayed",
            "failed",
          );
          for (const [state, count] of Object.entries(counts)) this.set({ queue, state }, count);
        }),
      ).catch((error: unknown) => log.warn("the queues were not counted", { error }));
    },
  });

  const count: RequestHandler = (request, response, next) => {
    const startedMs = performance.now();
    response.once("close", () => {
      const { route = "none" }: { route?: string } = response.locals;
      const { method } = request;
      requests.inc({ method, route, status: response.statusCode });
      seconds.observe({ method, route }, (performance.now() - startedMs) / 1000);
    });
    next();
  };

  const routes = (router: Router) =>
    serve(router, "/metrics", {
      get: async (_request, response) => {
        response.set("content-type", registry.contentType).send(await registry.metrics());
      },
    });

  return { count, routes };
}
