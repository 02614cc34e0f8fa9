import { describe, expect, it } from "vitest";
import { figure, named } from "./benchmark.ts";

const measured = { name: "tasks", unit: "tasks/s" };

describe("a figure", () => {
  it("holds its floor only where both the value and the ratio do", () => {
    const floor = { atLeast: 1500, ratioAtLeast: 0.5 };
    expect(figure({ ...measured, value: 1600, reference: 3000 }, floor).ok).toBe(true);
    expect(figure({ ...measured, value: 1400, reference: 2000 }, floor).ok).toBe(false);
    expect(figure({ ...measured, value: 1600, reference: 4000 }, floor).ok).toBe(false);
  });

  it("names as its target the harder of its floors, in the value's own unit", () => {
    const floor = { atLeast: 1500, ratioAtLeast: 0.5 };
    expect(figure({ ...measured, value: 1, reference: 4000 }, floor).target).toBe(2000);
    expect(figure({ ...measured, value: 1, reference: 1000 }, floor).target).toBe(1500);
    expect(figure({ ...measured, value: 1, reference: 1000 }, { ratioAtMost: 0.6 }).target).toBe(600);
  });

  it("misses where something else that must hold does not", () => {
    expect(figure({ ...measured, value: 10 }, { atMost: 20, also: false }).ok).toBe(false);
    expect(figure({ ...measured, value: 10 }, { atMost: 20, also: true }).ok).toBe(true);
  });

  it("is neither good nor bad without a floor", () => {
    expect(figure({ ...measured, value: 10 })).toMatchObject({ target: null, ok: null, ratio: null });
  });

  it("carries the policy in its name only where that is not everysec", () => {
    expect([named("x", "everysec"), named("x", "always")]).toEqual(["x", "x_always"]);
  });
});
