import { expect, it } from "vitest";
import { createTenantLine } from "./tenant-line.ts";

it("serves tenants in turn, however many of one wait", () => {
  const line = createTenantLine<string>();
  for (const n of [1, 2, 3, 4]) line.join("many", `many ${n}`);
  line.join("few", "few 1");
  line.join("other", "other 1");
  line.join("other", "other 2");
  const served = Array.from({ length: 8 }, () => line.next());
  expect(served).toEqual(["many 1", "few 1", "other 1", "many 2", "other 2", "many 3", "many 4", undefined]);
});

it("forgets who leaves, and says whether he had been served", () => {
  const line = createTenantLine<string>();
  const leave = line.join("a", "first");
  const leaveSecond = line.join("a", "second");
  expect([leave(), leave(), line.size()]).toEqual([true, false, 1]);
  expect([line.next(), leaveSecond(), line.size(), line.next()]).toEqual(["second", false, 0, undefined]);
});
