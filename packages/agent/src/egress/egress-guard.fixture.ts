/** Egress guards that end with their test. */
import { onTestFinished } from "vitest";
import { createEgressGuard, type EgressGuard, type EgressGuardDeps } from "./egress-guard.ts";

export function guardWith(deps: EgressGuardDeps): EgressGuard {
  const guard = createEgressGuard(deps);
  onTestFinished(() => guard.dispatcher.destroy());
  return guard;
}

/** Every name has the same addresses; asking for one is an error unless the test expects it. */
export function guardWhereNamesAre(addresses: readonly string[], allow: readonly string[] = []): EgressGuard {
  return guardWith({ allow, lookup: async () => addresses });
}
