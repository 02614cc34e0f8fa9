/** All guards, in the order in which they look. */
import type { CompletePolicy } from "./complete-policy.ts";
import { contentThresholds, createContentDetector } from "./content/index.ts";
import { certain, type Detector, type GuardPart } from "./guard-part.ts";
import { createInjectionDetector, injectionThresholds } from "./injection/index.ts";
import { createAnswerDetector } from "./output/answer.ts";
import { detectCanaries } from "./output/canary.ts";
import { createExfiltrationDetector, exfiltrationThresholds } from "./output/exfiltration.ts";
import { detectPromptLeak, leakThresholds } from "./output/prompt-leak.ts";
import { createToneDetector } from "./output/tone.ts";
import { createPiiDetector } from "./pii/index.ts";

export function guardParts(policy: CompletePolicy): readonly GuardPart[] {
  return [
    { guard: "injection", detect: injection, thresholds: injectionThresholds },
    { guard: "content", detect: content, thresholds: contentThresholds },
    { guard: "pii", detect: createPiiDetector(policy), thresholds: certain },
    { guard: "leak", detect: detectLeaks, thresholds: leakThresholds },
    {
      guard: "exfiltration",
      detect: createExfiltrationDetector(policy.allow.domains),
      thresholds: exfiltrationThresholds,
    },
    { guard: "output", detect: createAnswerDetector(policy.answer), thresholds: certain },
    { guard: "tone", detect: createToneDetector(policy.tone), thresholds: certain },
  ];
}

const detectLeaks: Detector = (text, context) => [
  ...detectCanaries(text, context),
  ...detectPromptLeak(text, context),
];

/** Their models are read once a process, at the first text. */
const injection = madeOnce(createInjectionDetector);
const content = madeOnce(createContentDetector);

function madeOnce(make: () => Detector): Detector {
  let made: Detector | undefined;
  return (text, context) => {
    made ??= make();
    return made(text, context);
  };
}
