import { describe, expect, it } from "vitest";
import { isTimeZone, type Window, type WindowName, windowsAt } from "./window.ts";

const HOUR_MS = 3_600_000;

function at(iso: string): number {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) throw new Error(`no moment: ${iso}`);
  return ms;
}

/** The windows of one kind that cover the time from one moment to another, by the ends they name. */
function windowsBetween(
  name: Exclude<WindowName, "total">,
  from: string,
  to: string,
  zone: string,
): Window[] {
  const found: Window[] = [];
  for (let nowMs = at(from); nowMs < at(to); ) {
    const open = windowsAt(nowMs, zone)[name];
    found.push(open);
    if (open.endsAtMs <= nowMs) throw new Error(`${open.id} ends before it is over`);
    nowMs = open.endsAtMs;
  }
  return found;
}

function hoursOf({ startsAtMs, endsAtMs }: Window): number {
  return (endsAtMs - startsAtMs) / HOUR_MS;
}

describe("windowsAt", () => {
  it("names the hour, day and month of the zone, and the total", () => {
    expect(windowsAt(at("2026-11-22T17:59:28.123Z"), "Europe/Berlin")).toEqual({
      hour: {
        id: "2026-11-22T18",
        startsAtMs: at("2026-11-22T18:00:00+01:00"),
        endsAtMs: at("2026-11-22T19:00:00+01:00"),
      },
      day: {
        id: "2026-11-22",
        startsAtMs: at("2026-11-22T00:00:00+01:00"),
        endsAtMs: at("2026-11-23T00:00:00+01:00"),
      },
      month: {
        id: "2026-11",
        startsAtMs: at("2026-11-01T00:00:00+01:00"),
        endsAtMs: at("2026-12-01T00:00:00+01:00"),
      },
      total: { id: "total", startsAtMs: 0, endsAtMs: 0 },
    });
  });

  it("begins a window in its first millisecond and ends it before the next one's", () => {
    const midnight = at("2027-01-01T00:00:00Z");
    const ids = (ms: number) => Object.values(windowsAt(ms, "UTC")).map(({ id }) => id);
    expect(ids(midnight - 1)).toEqual(["2026-12-31T23", "2026-12-31", "2026-12", "total"]);
    expect(ids(midnight)).toEqual(["2027-01-01T00", "2027-01-01", "2027-01", "total"]);
    // And back again: a clock that jumps is answered for the moment it shows.
    expect(ids(midnight - 1)).toEqual(["2026-12-31T23", "2026-12-31", "2026-12", "total"]);
  });

  it("keeps zones of half and quarter hours on their own hours", () => {
    const kathmandu = windowsAt(at("2026-11-22T18:20:00Z"), "Asia/Kathmandu");
    expect(kathmandu.hour).toEqual({
      id: "2026-11-23T00",
      startsAtMs: at("2026-11-22T18:15:00Z"),
      endsAtMs: at("2026-11-22T19:15:00Z"),
    });
    expect(kathmandu.day.startsAtMs).toBe(at("2026-11-22T18:15:00Z"));
    expect(windowsAt(at("2026-11-22T18:20:00Z"), "Asia/Kolkata").hour.id).toBe("2026-11-22T23");
  });

  it("has days of 23 and 25 hours, and tells the repeated hour of autumn from the first", () => {
    const spring = windowsAt(at("2026-03-29T12:00:00Z"), "Europe/Berlin").day;
    const autumn = windowsAt(at("2026-10-25T12:00:00Z"), "Europe/Berlin").day;
    expect([hoursOf(spring), hoursOf(autumn)]).toEqual([23, 25]);
    const hours = windowsBetween("hour", "2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z", "Europe/Berlin");
    expect(hours.map(({ id }) => id)).toEqual(["2026-10-25T02", "2026-10-25T02+0100", "2026-10-25T03"]);
    const night = windowsBetween("hour", "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z", "Europe/Berlin");
    expect(night.map(({ id }) => id)).toEqual(["2026-03-29T01", "2026-03-29T03"]);
  });

  it.each([
    // zone, a moment of the day on which midnight does not exist, the day's first moment
    ["Africa/Cairo", "2026-04-24T12:00:00Z", "2026-04-24T01:00:00+03:00"],
    ["America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T01:00:00-02:00"],
    ["Asia/Beirut", "2026-03-29T12:00:00Z", "2026-03-29T01:00:00+03:00"],
  ])("begins the day of %s that has no midnight at its first moment", (zone, noon, start) => {
    const { day } = windowsAt(at(noon), zone);
    expect(day.startsAtMs).toBe(at(start));
    expect(hoursOf(day)).toBe(23);
    expect(windowsAt(day.startsAtMs - 1, zone).day.endsAtMs).toBe(day.startsAtMs);
  });

  it("keeps a day whose last hour is repeated in one piece", () => {
    // Cairo sets its clock from 24:00 back to 23:00; Sao Paulo did.
    for (const [zone, noon] of [
      ["Africa/Cairo", "2026-10-29T12:00:00Z"],
      ["America/Sao_Paulo", "2019-02-16T12:00:00Z"],
    ] as const) {
      const { day } = windowsAt(at(noon), zone);
      expect(hoursOf(day)).toBe(25);
      const last = windowsAt(day.endsAtMs - 1, zone);
      expect(last.day.id).toBe(noon.slice(0, 10));
      expect(last.hour.id).toMatch(/T23[+-]\d{4}$/);
    }
  });

  it("cuts Lord Howe's hours where half an hour is skipped or repeated", () => {
    const zone = "Australia/Lord_Howe";
    const autumn = windowsBetween("hour", "2026-04-04T14:00:00Z", "2026-04-04T16:30:00Z", zone);
    expect(autumn.map((hour) => [hour.id, hoursOf(hour)])).toEqual([
      ["2026-04-05T01", 1],
      ["2026-04-05T01+1030", 0.5],
      ["2026-04-05T02", 1],
    ]);
    const spring = windowsBetween("hour", "2026-10-03T14:30:00Z", "2026-10-03T17:00:00Z", zone);
    expect(spring.map((hour) => [hour.id, hoursOf(hour)])).toEqual([
      ["2026-10-04T01", 1],
      ["2026-10-04T02", 0.5],
      ["2026-10-04T03", 1],
    ]);
    expect(hoursOf(windowsAt(at("2026-04-05T01:00:00Z"), zone).day)).toBe(24.5);
  });

  it("does not reopen a day when the clock is set back over midnight, nor open one that is skipped", () => {
    const newfoundland = windowsBetween(
      "day",
      "2009-10-31T12:00:00Z",
      "2009-11-03T00:00:00Z",
      "America/St_Johns",
    );
    expect(newfoundland.map(({ id }) => id)).toEqual(["2009-10-31", "2009-11-01", "2009-11-02"]);
    const samoa = windowsBetween("day", "2011-12-29T12:00:00Z", "2012-01-01T12:00:00Z", "Pacific/Apia");
    expect(samoa.map(({ id }) => id)).toEqual(["2011-12-29", "2011-12-31", "2012-01-01", "2012-01-02"]);
    expect(samoa.slice(0, 3).map(hoursOf)).toEqual([24, 24, 24]);
  });

  it("knows offsets of seconds", () => {
    const { hour } = windowsAt(at("1971-06-01T12:00:00Z"), "Africa/Monrovia");
    expect(hour).toEqual({
      id: "1971-06-01T11",
      startsAtMs: at("1971-06-01T11:44:30Z"),
      endsAtMs: at("1971-06-01T12:44:30Z"),
    });
  });

  it("answers again with the same windows until one of them ends", () => {
    const first = windowsAt(at("2026-11-22T17:00:00Z"), "Asia/Tokyo");
    windowsAt(at("2026-11-22T17:00:00Z"), "Asia/Kathmandu");
    expect(windowsAt(first.hour.endsAtMs - 1, "Asia/Tokyo")).toBe(first);
    expect(windowsAt(first.hour.endsAtMs, "Asia/Tokyo")).not.toBe(first);
    expect(Object.isFrozen(first) && Object.isFrozen(first.hour)).toBe(true);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 253_370_764_800_000, 1e300])(
    "refuses the moment %d",
    (nowMs) => {
      windowsAt(at("2026-11-22T17:00:00Z"), "UTC");
      expect(() => windowsAt(nowMs, "UTC")).toThrow(RangeError);
    },
  );

  it("refuses a zone that nobody knows", () => {
    for (const zone of ["Mars/Olympus", "", "+01:00", "toString", "__proto__"])
      expect(() => windowsAt(at("2026-11-22T17:00:00Z"), zone)).toThrow(
        `${JSON.stringify(zone)} is no time zone`,
      );
  });

  it("serves the first and the last moment it promises", () => {
    for (const zone of ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"]) {
      const [first, last] = [windowsAt(0, zone), windowsAt(253_370_764_799_999, zone)];
      for (const name of ["hour", "day", "month"] as const) {
        expect(first[name].endsAtMs).toBeGreaterThan(0);
        expect(last[name].endsAtMs).toBeGreaterThan(253_370_764_799_999);
      }
    }
  });
});

describe("windows tile time", () => {
  const zones = [
    "UTC",
    "Europe/Berlin",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Australia/Lord_Howe",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Pacific/Apia",
    "America/Caracas",
  ];

  // Among them Caracas' and Pyongyang's half hours, Casey's three hours back, Samoa's skipped day, Newfoundland's 00:01.
  const YEARS = [
    ["2007-11-01T12:00:00Z", "2008-04-01T12:00:00Z"],
    ["2009-10-01T12:00:00Z", "2012-01-31T12:00:00Z"],
    ["2015-08-01T12:00:00Z", "2016-05-31T12:00:00Z"],
    ["2026-01-01T12:00:00Z", "2026-12-31T12:00:00Z"],
  ] as const;

  it.each(zones)("in %s, by the day and the month, over the years in which most of them changed", (zone) => {
    for (const [from, to] of YEARS) {
      for (const name of ["day", "month"] as const) {
        const ids = expectTiled(windowsBetween(name, from, to, zone), name, zone);
        expect(ids).toEqual([...ids].sort());
      }
    }
  });

  it.each(zones)("in %s, by the hour, around every day that is not of 24 hours", (zone) => {
    const odd = YEARS.flatMap(([from, to]) => windowsBetween("day", from, to, zone)).filter(
      (day) => hoursOf(day) !== 24,
    );
    expect(odd.length > 0).toBe(!["UTC", "Asia/Kathmandu"].includes(zone));
    for (const { startsAtMs, endsAtMs } of odd) {
      const from = new Date(startsAtMs - 3 * HOUR_MS).toISOString();
      const to = new Date(endsAtMs + 3 * HOUR_MS).toISOString();
      expectTiled(windowsBetween("hour", from, to, zone), "hour", zone);
    }
  });

  /** Each begins where the one before it ended, is the same at whatever moment of it one asks, has an id of its own. */
  function expectTiled(windows: Window[], name: "hour" | "day" | "month", zone: string): string[] {
    const ids = windows.map(({ id }) => id);
    expect(new Set(ids).size, `ids of ${name} in ${zone}`).toBe(ids.length);
    windows.forEach((window, i) => {
      const before = windows[i - 1];
      const last = windowsAt(window.endsAtMs - 1, zone)[name];
      const first = windowsAt(window.startsAtMs, zone)[name];
      const adjoins = before === undefined || before.endsAtMs === window.startsAtMs;
      if (!adjoins || !same(first, window) || !same(last, window))
        expect.fail(`${name} ${window.id} in ${zone}: ${JSON.stringify({ before, window, first, last })}`);
    });
    return ids;
  }

  function same(a: Window, b: Window): boolean {
    return a.id === b.id && a.startsAtMs === b.startsAtMs && a.endsAtMs === b.endsAtMs;
  }
});

describe("isTimeZone", () => {
  it("knows the names of the time zone database and nothing else", () => {
    for (const name of ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+3"])
      expect(isTimeZone(name), name).toBe(true);
    for (const name of [
      "",
      " UTC",
      "Berlin",
      "Europe/Nowhere",
      "+02:00",
      "../../etc/passwd",
      5,
      null,
      undefined,
      {},
    ])
      expect(isTimeZone(name), String(name)).toBe(false);
  });
});
