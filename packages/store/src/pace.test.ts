import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openPace } from "./pace.ts";

/** Work whose end is in the test's hands. */
function pieces(pace: ReturnType<typeof openPace>, count: number) {
  const begun: number[] = [];
  const ends = Array.from({ length: count }, () => Promise.withResolvers<void>());
  const results = ends.map(({ promise }, i) =>
    pace(async () => {
      begun.push(i);
      await promise;
      return i;
    }),
  );
  return { begun, ends, results };
}

describe("a pace", () => {
  it("lets so many begin at once, and one more for each that ends, in the order in which they came", async () => {
    const { begun, ends, results } = pieces(openPace(2), 5);
    await turnOfTheLoop();
    expect(begun).toEqual([0, 1]);
    ends[1]?.resolve();
    await turnOfTheLoop();
    expect(begun).toEqual([0, 1, 2]);
    for (const { resolve } of ends) resolve();
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3, 4]);
  });

  it("is free again after a crowd, as many at once as before and no more", async () => {
    const pace = openPace(3);
    const crowd = pieces(pace, 100);
    for (const { resolve } of crowd.ends) resolve();
    await Promise.all(crowd.results);
    const { begun, ends, results } = pieces(pace, 4);
    await turnOfTheLoop();
    expect(begun).toEqual([0, 1, 2]);
    for (const { resolve } of ends) resolve();
    await Promise.all(results);
  });

  it("hands a place on when its work fails, also before anything was awaited", async () => {
    const pace = openPace(1);
    const failed = pace(async () => {
      throw new Error("rejected");
    });
    const thrown = pace(() => {
      throw new Error("thrown");
    });
    const last = pace(async () => "done");
    await expect(failed).rejects.toThrow("rejected");
    await expect(thrown).rejects.toThrow("thrown");
    expect(await last).toBe("done");
  });

  it("spreads over many turns of the event loop what ten thousand begin at one moment", async () => {
    const pace = openPace(100);
    let [left, begun, most] = [10_000, 0, 0];
    const everything = Promise.all(
      Array.from({ length: left }, () =>
        pace(async () => {
          begun += 1;
          await turnOfTheLoop();
          left -= 1;
        }),
      ),
    );
    while (left > 0) {
      await turnOfTheLoop();
      most = Math.max(most, begun);
      begun = 0;
    }
    await everything;
    expect(most).toBeLessThanOrEqual(2 * 100);
  });
});
