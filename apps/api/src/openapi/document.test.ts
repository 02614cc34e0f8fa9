import { createConfig, lintFromString } from "@redocly/openapi-core";
import express from "express";
import { describe, expect, it } from "vitest";
import { ownApi } from "../own-api.fixture.ts";
import { servedBy } from "../routing.ts";
import { v1Routes } from "../v1-routes.ts";

const api = await ownApi();
const { body: document } = await api.call("/openapi.json", { key: null });

type Operation = { method: string; path: string };
const documented: Operation[] = Object.entries<object>(document.paths).flatMap(([path, item]) =>
  Object.keys(item).map((method) => ({ method, path })),
);
const asText = ({ method, path }: Operation) => `${method} ${path}`;

describe("the OpenAPI document", () => {
  it("is OpenAPI 3.1 without a fault, examples included, by a linter's recommended rules", async () => {
    const config = await createConfig({
      extends: ["recommended-strict"],
      rules: { "no-invalid-schema-examples": "error", "no-invalid-media-type-examples": "error" },
    });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    expect(problems.map(({ message, location }) => `${location[0]?.pointer}: ${message}`)).toEqual([]);
    expect(document.openapi).toBe("3.1.0");
  });

  it("has every route of /v1 that is served, and no other", () => {
    const router = express.Router();
    v1Routes(router, api, {
      find: async () => undefined,
      findByDigest: async () => undefined,
      forget: () => {},
    });
    const served = servedBy(router).map(({ method, path }) => ({
      method,
      path: `/v1${path.replace(/:(\w+)/g, "{$1}")}`,
    }));
    const ofV1 = documented.filter(({ path }) => path.startsWith("/v1/"));
    expect(ofV1.map(asText).sort()).toEqual(served.map(asText).sort());
  });

  it("gives an example of every request body and of every resource", () => {
    for (const name of [
      "Task",
      "TaskRequest",
      "Event",
      "Delivery",
      "BudgetWindow",
      "Usage",
      "ApiKey",
      "Problem",
    ]) {
      expect(document.components.schemas[name], name).toHaveProperty("example");
    }
  });
});

describe("/docs", () => {
  it("shows every operation and schema, without a script, under a policy that would run none", async () => {
    const page = await api.call("/docs", { key: null });
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(page.text).not.toMatch(/<script|(?:src|href)="(?!#|\/openapi\.json")|\son\w+="|\sstyle="/i);
    for (const { path, method } of documented) {
      expect(page.text).toContain(`<code>${path}</code>`);
      expect(page.text).toContain(document.paths[path][method].operationId);
    }
    for (const name of Object.keys(document.components.schemas))
      expect(page.text).toContain(`id="schema-${name}"`);
  });

  it("has a place for every link that it shows", async () => {
    const { text } = await api.call("/docs", { key: null });
    const places = new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
    const links = [...text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(50);
    expect(links.filter((link) => !places.has(link))).toEqual([]);
  });
});
