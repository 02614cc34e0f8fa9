import { describe, expect, it } from "vitest";
import { withoutSelfReport } from "./self-report-stream.ts";

const ANSWER = 'All is < well.<self_report>{"confidence":1,"unsupported_claims":[]}</self_report>';

describe("the live text of an agent that reports on itself", () => {
  it.each([1, 2, 5, 13, 200])("never shows the report, in pieces of %i characters", (size) => {
    let seen = "";
    const write = withoutSelfReport((text) => {
      seen += text;
    });
    for (let at = 0; at < ANSWER.length; at += size) write(ANSWER.slice(at, at + size));
    expect(seen).toBe("All is < well.");
  });
});
