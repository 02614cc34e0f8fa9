/** What a guard against injections is measured beside: eight well-known regular expressions, and two npm packages. */
import { createVard } from "@andersmyrmel/vard";
import { getInjectionRiskScore } from "llmverify";
import type { Rater } from "./section.ts";

/** As they stand in many an article on the subject. */
const eight: readonly RegExp[] = [
  /ignore\s+(?:all\s+)?(?:the\s+)?(?:previous|prior|above)\s+(?:instructions|prompts)/i,
  /disregard\s+(?:all\s+)?(?:the\s+)?(?:previous|prior|above)/i,
  /forget\s+(?:everything|all\s+previous|your\s+instructions)/i,
  /you\s+are\s+now\s+(?:a|an|in)\b/i,
  /act\s+as\s+(?:if|a|an)\b/i,
  /(?:reveal|show|print|repeat)\s+(?:me\s+)?(?:your|the)\s+(?:system\s+)?prompt/i,
  /\b(?:DAN|developer\s+mode|jailbreak)\b/i,
  /\[?\s*(?:system|assistant)\s*\]?\s*:/i,
];

export function injectionPeers(): Rater[] {
  const vard = createVard();
  return [
    {
      name: "eight regexes",
      alarmFrom: 1,
      rate: (text) => (eight.some((pattern) => pattern.test(text)) ? 1 : 0),
    },
    { name: "vard", alarmFrom: 1, rate: (text) => (text.trim() === "" || vard.safeParse(text).safe ? 0 : 1) },
    { name: "llmverify", alarmFrom: 0.5, rate: getInjectionRiskScore },
  ];
}
