/** A guard of the rules alone, without the trained models. */

import type { GuardPolicy } from "@pawl/protocol";
import { completePolicy } from "./complete-policy.ts";
import { certain } from "./guard-part.ts";
import { createGuardOf, type Guard } from "./judge.ts";
import { createAnswerDetector } from "./output/answer.ts";
import { detectCanaries } from "./output/canary.ts";
import { createExfiltrationDetector, exfiltrationThresholds } from "./output/exfiltration.ts";
import { detectPromptLeak, leakThresholds } from "./output/prompt-leak.ts";
import { createToneDetector } from "./output/tone.ts";
import { createPiiDetector } from "./pii/index.ts";

export function createRulesGuard(...layers: readonly GuardPolicy[]): Guard {
  const policy = completePolicy(...layers);
  return createGuardOf(
    [
      { guard: "pii", detect: createPiiDetector(policy), thresholds: certain },
      {
        guard: "leak",
        detect: (text, context) => [...detectCanaries(text, context), ...detectPromptLeak(text, context)],
        thresholds: leakThresholds,
      },
      {
        guard: "exfiltration",
        detect: createExfiltrationDetector(policy.allow.domains),
        thresholds: exfiltrationThresholds,
      },
      { guard: "output", detect: createAnswerDetector(policy.answer), thresholds: certain },
      { guard: "tone", detect: createToneDetector(policy.tone), thresholds: certain },
    ],
    policy,
  );
}
