/**
 * What is done where nobody said otherwise, as the operator of a support agent would expect it: attacks are refused,
 * what is doubtful goes on and is written down, and nothing personal leaves that was not brought.
 */
import type { GuardPolicy } from "@pawl/protocol";

export const defaultPolicy = {
  input: {
    injection: "block",
    // Who speaks of harming himself needs an answer, not a refusal.
    content: { action: "block", categories: { self_harm: "flag" } },
    // People give their address to be written to: no event of note. A card or a key in a chat is one, but the task
    // may be about it; whoever must not even process such data sets `redact`.
    pii: { action: "flag", categories: { email: "report", phone: "report", ip_address: "report" } },
    leak: "off",
    exfiltration: "off",
    output: "off",
    tone: "off",
  },
  tool: {
    // What a tool returns is hostile text, but the task goes on without obeying it: the flag taints.
    injection: "flag",
    content: "off",
    pii: "report",
    leak: "off",
    exfiltration: "off",
    output: "off",
    tone: "off",
  },
  output: {
    injection: "off",
    content: { action: "block", categories: { self_harm: "flag" } },
    // What the user said himself, and the contacts that the system prompt gives out, are said back as they are.
    pii: "redact",
    leak: "block",
    exfiltration: "redact",
    output: { action: "block", categories: { too_long: "flag", too_short: "flag" } },
    // Who has a model judge the tone wants what it finds mended.
    tone: { action: "flag", categories: { judged: "block" } },
  },
  // An own machine is nobody's address.
  allow: { texts: ["127.0.0.1", "0.0.0.0", "::1"] },
} as const satisfies GuardPolicy;
