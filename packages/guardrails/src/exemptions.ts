/**
 * What was found and is nobody's secret: strings and hosts that the policy allows, contacts that the system prompt gives
 * out, and what the user brought himself. Keys and passwords are spared only where the policy names them.
 */

import type { GuardFinding } from "@pawl/protocol";
import type { CompletePolicy } from "./complete-policy.ts";
import type { CheckFacts } from "./guard-part.ts";
import { isAllowed } from "./output/exfiltration.ts";
import { secretCategories } from "./pii/found.ts";

/** What a company's own prompt gives out on purpose. */
const contacts: ReadonlySet<string> = new Set(["email", "phone", "ip_address"]);

export function createExemptions(
  text: string,
  { direction, said = [], systemPrompt = "" }: CheckFacts,
  { allow }: CompletePolicy,
): (finding: GuardFinding) => boolean {
  const mayBeSaidBack = direction === "output";
  // Texts are made compact once, and only if something was found.
  let allowed: ReadonlySet<string> | undefined;
  let brought: string | undefined;
  let published: string | undefined;
  return ({ guard, category, start, end }) => {
    if (guard !== "pii" || start === undefined || end === undefined) return false;
    const found = compact(text.slice(start, end));
    allowed ??= new Set(allow.texts.map(compact));
    if (allowed.has(found)) return true;
    if (category === "email" && isAllowed(found.slice(found.lastIndexOf("@") + 1), allow.domains))
      return true;
    if (!mayBeSaidBack || secretCategories.has(category)) return false;
    brought ??= said.map(compact).join("\n");
    published ??= compact(systemPrompt);
    return brought.includes(found) || (contacts.has(category) && published.includes(found));
  };
}

/** As people write the same number in different ways: without blanks, dashes and brackets, in small letters. */
function compact(text: string): string {
  return text.replace(/[\s()–-]/g, "").toLowerCase();
}
