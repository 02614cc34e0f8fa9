import { type Budget, resumeRule, StopReason } from "@pawl/protocol";
import { expect, it } from "vitest";
import { resumeRules } from "./resume-words.ts";

it("says of every reason what the protocol says: never, always, or with a limit raised", () => {
  const members: (keyof Budget)[] = [
    "max_cost_usd",
    "max_tokens",
    "max_turns",
    "max_tool_calls",
    "timeout_ms",
  ];
  for (const reason of StopReason.options) {
    const rule = resumeRules[reason];
    const isMember = members.some((member) => member === rule);
    expect(isMember ? "raised" : rule, reason).toBe(resumeRule(reason));
  }
});
