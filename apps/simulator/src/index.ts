export type { LedgerEntry, LedgerTotals } from "./ledger.ts";
export type { Scenario, Step } from "./scenario.ts";
export { type Simulator, type SimulatorOptions, startSimulator } from "./simulator.ts";
