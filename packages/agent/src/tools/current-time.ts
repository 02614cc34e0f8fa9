// The date and time, which a model cannot know by itself. Taken from the context's clock.

import { z } from "zod";
import { defineTool } from "../define-tool.ts";
import { ToolError } from "../tool-error.ts";

export const currentTime = defineTool({
  name: "current_time",
  description:
    "Tells the current date, time and weekday. Use it whenever an answer depends on today's date. " +
    "UTC unless a time zone is given.",
  input: z.strictObject({
    time_zone: z.string().min(1).max(64).optional().describe("An IANA name such as Europe/Berlin."),
  }),
  effect: "read",
  run: ({ time_zone = "UTC" }, ctx) => {
    const now = new Date(ctx.nowMs());
    const part = partsIn(time_zone, now);
    return {
      local: `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}:${part("second")}`,
      weekday: part("weekday"),
      time_zone,
      utc_offset: part("timeZoneName").replace("GMT", "") || "+00:00",
      utc: now.toISOString(),
    };
  },
});

function partsIn(timeZone: string, now: Date): (type: Intl.DateTimeFormatPartTypes) => string {
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
      weekday: "long",
      timeZoneName: "longOffset",
    });
    const parts = format.formatToParts(now);
    return (type) => parts.find((found) => found.type === type)?.value ?? "";
  } catch (cause) {
    throw new ToolError(
      `Unknown time zone ${JSON.stringify(timeZone)}; use an IANA name such as Europe/Berlin.`,
      {
        code: "unknown_time_zone",
        cause,
      },
    );
  }
}
