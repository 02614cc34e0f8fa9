/** The tables of docs/reference say what the schemas say: no name too many, none missing, and the same defaults. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ApiEnvironment } from "../../apps/api/src/environment.ts";
import { Environment as WorkerEnvironment } from "../../apps/worker/src/environment.ts";
import { configSchema } from "../../packages/agent/src/define-config.ts";
import type { Tool } from "../../packages/agent/src/define-tool.ts";
import { eventData } from "../../packages/protocol/src/event.ts";
import { readPage } from "../support/documents.ts";

/** The rows of the first table below a heading, a row's cells each. */
function tableBelow(page: string, heading: string): string[][] {
  const text = readPage(page).split(`\n${heading}\n`)[1];
  if (text === undefined) throw new Error(`${page} has no heading "${heading}"`);
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  const rest = lines.slice(first);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return rest.slice(2, end === -1 ? undefined : end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const codesIn = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
const namesIn = (rows: string[][]) => rows.flatMap(([name]) => codesIn(name));

describe("docs/reference/environment.md", () => {
  const rows = tableBelow("docs/reference/environment.md", "## Of the api and the workers");
  const api = Object.keys(ApiEnvironment.shape);
  const worker = Object.keys(WorkerEnvironment.shape).filter((name) => name !== "PAWL_LANE");

  it("names every variable, and which process reads it", () => {
    const said = rows.map(([name, of]) => [...codesIn(name), of]);
    const read = [...new Set([...api, ...worker])].map((name) => [
      name,
      api.includes(name) ? (worker.includes(name) ? "both" : "api") : "worker",
    ]);
    expect(said.sort()).toEqual(read.sort());
  });

  it("names their defaults", () => {
    const defaults: Record<string, unknown> = {
      ...WorkerEnvironment.parse({ ANTHROPIC_API_KEY: "some" }),
      ...ApiEnvironment.parse({ PAWL_ADMIN_KEY: "0123456789abcdef" }),
    };
    for (const [name, , shown] of rows) {
      const variable = codesIn(name)[0] ?? "";
      if (variable === "ANTHROPIC_API_KEY" || variable === "PAWL_ADMIN_KEY") continue;
      const value = defaults[variable];
      const written = value === false ? "0" : Array.isArray(value) ? "" : String(value ?? "");
      expect([variable, codesIn(shown)[0] ?? ""]).toEqual([variable, written]);
    }
  });
});

it("docs/reference/events.md names every event with its data", () => {
  const said = tableBelow("docs/reference/events.md", "## All of them").map(([type, , data]) => [
    ...codesIn(type),
    ...codesIn(data),
  ]);
  const written = Object.entries(eventData).map(([type, schema]) => [type, ...Object.keys(schema.shape)]);
  expect(said).toEqual(written);
});

type Schema = {
  $ref?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  anyOf?: Schema[];
};

describe("docs/reference/configuration.md", () => {
  const page = "docs/reference/configuration.md";
  const whole = z.toJSONSchema(configSchema, { unrepresentable: "any", io: "input" }) as Schema & {
    $defs?: Record<string, Schema>;
  };
  const resolved = (schema: Schema | undefined): Schema => {
    if (schema?.$ref !== undefined) return resolved(whole.$defs?.[schema.$ref.split("/").at(-1) ?? ""]);
    return schema?.anyOf?.map(resolved).find(({ properties }) => properties !== undefined) ?? schema ?? {};
  };
  const at = (path: string) =>
    path.split(".").reduce((schema: Schema, step) => {
      const { properties, additionalProperties } = resolved(schema);
      return resolved(step === "*" ? additionalProperties : properties?.[step]);
    }, whole);

  const headings = [...readPage(page).matchAll(/^## `(.+)`$/gm)].map(([, path = ""]) => path);

  it.each(headings.filter((path) => !path.startsWith("define")))("names every member of %s", (path) => {
    expect(namesIn(tableBelow(page, `## \`${path}\``)).sort()).toEqual(
      Object.keys(at(path).properties ?? {}).sort(),
    );
  });

  it("names every member of defineConfig", () => {
    expect(namesIn(tableBelow(page, "## `defineConfig`")).sort()).toEqual(
      Object.keys(whole.properties ?? {}).sort(),
    );
  });

  it("names every member of a tool", () => {
    // Held to the type by the type checker.
    const members: Record<keyof Tool, true> = {
      name: true,
      description: true,
      input: true,
      effect: true,
      permission: true,
      timeoutMs: true,
      costUsd: true,
      identifiedBy: true,
      volatile: true,
      poll: true,
      breaker: true,
      run: true,
    };
    const said = tableBelow(page, "## `defineTool`").flatMap(([name]) => codesIn(name));
    expect(said.sort()).toEqual(Object.keys(members).sort());
  });
});
