export type { Billing } from "./billing.ts";
export type { LedgerEntry, LedgerTotals } from "./ledger.ts";
export type { Scenario, ScenarioInput, Step } from "./scenario.ts";
export { type Simulator, type SimulatorOptions, startSimulator } from "./simulator.ts";
