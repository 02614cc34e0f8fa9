import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as protocol from "@pawl/protocol";
import { expect, it } from "vitest";
import { wireText } from "../build/wire-text.ts";
import type * as wire from "./wire.ts";

it("src/wire.ts is what the protocol's schemas say: else run `npm run generate -w @pawl/client`", () => {
  expect(readFileSync(join(import.meta.dirname, "wire.ts"), "utf8")).toBe(wireText());
});

/** Each can stand for the other; checked by the type checker alone. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

it("its types are those that the api's own code has", () => {
  const same: true[] = [
    true satisfies Same<wire.Task, protocol.Task>,
    true satisfies Same<wire.Event, protocol.EventView>,
    true satisfies Same<wire.Delivery, protocol.DeliveryView>,
    true satisfies Same<wire.BudgetWindow, protocol.BudgetOnTheWire>,
    true satisfies Same<wire.BudgetLimitRequest, protocol.BudgetLimitRequest>,
    true satisfies Same<wire.ResumeRequest, protocol.ResumeRequest>,
    true satisfies Same<wire.ApiKey, protocol.ApiKeyView>,
    true satisfies Same<wire.ApiKeyRequest, protocol.ApiKeyRequest>,
    true satisfies Same<wire.UsageReport, protocol.UsageReport>,
    true satisfies Same<wire.Agent, protocol.AgentView>,
    true satisfies Same<wire.Queue, protocol.QueueView>,
    true satisfies Same<wire.Worker, protocol.WorkerView>,
    true satisfies Same<wire.Problem, protocol.Problem>,
    true satisfies Same<wire.WebhookBody, protocol.WebhookBody>,
  ];
  expect(same).toHaveLength(14);
});
