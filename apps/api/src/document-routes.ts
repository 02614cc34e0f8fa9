/** `/openapi.json`, and `/docs` to read it: one page without scripts, under a policy that would run none. */
import type { Router } from "express";
import { openApiDocument } from "./openapi/document.ts";
import { REFERENCE_POLICY, referencePage } from "./openapi/reference-page.ts";
import { refuseQuery } from "./parse-request.ts";
import { serve } from "./routing.ts";

/** Both are the same for everybody and for the life of the process: made once, at the first request for them. */
export function documentRoutes(router: Router): void {
  let json: string | undefined;
  let page: string | undefined;
  serve(router, "/openapi.json", {
    get: (request, response) => {
      refuseQuery(request);
      json ??= JSON.stringify(openApiDocument());
      response.set("cache-control", "public, max-age=300").type("application/json").send(json);
    },
  });
  serve(router, "/docs", {
    get: (request, response) => {
      refuseQuery(request);
      page ??= referencePage(openApiDocument());
      response
        .set({ "content-security-policy": REFERENCE_POLICY, "cache-control": "public, max-age=300" })
        .type("text/html")
        .send(page);
    },
  });
}
