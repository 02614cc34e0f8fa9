// The variables of Pawl's environment as zod pieces, for the schemas in each app's main.ts. Each takes the text of
// one variable and says, when it is wrong, what to write instead.
import { z } from "zod";
import { logLevels } from "./log-level.ts";

/** Text that `read` turns into a value; `undefined` from it means that the text is wrong. */
function variable<Value>(problem: string, read: (text: string) => Value | undefined) {
  const unset = `is not set; it ${problem}`;
  return z
    .string({ error: (issue) => (issue.input === undefined ? unset : problem) })
    .transform((text, context): Value => {
      const value = read(text);
      if (value !== undefined) return value;
      context.issues.push({ code: "custom", message: problem, input: undefined });
      return z.NEVER;
    });
}

function wholeNumber(least: number, most: number): (text: string) => number | undefined {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? value : undefined;
  };
}

/** A TCP port; 0 lets the system pick a free one. */
export const port = variable(
  "must be a whole number from 0 to 65535, such as 3000 (0 picks a free port)",
  wholeNumber(0, 65_535),
);

/** What to listen on: a host name or an IP address without brackets. */
export const host = variable("must be a host name or an IP address, such as 127.0.0.1 or ::", (text) =>
  /^[A-Za-z0-9.:_%-]{1,253}$/.test(text) ? text : undefined,
);

/** Milliseconds, at least 1. Timers of Node fire at once beyond 2^31 - 1, so that is the most. */
export const positiveMs = variable(
  "must be a whole number of milliseconds from 1 to 2147483647, such as 5000",
  wholeNumber(1, 2 ** 31 - 1),
);

export const positiveInteger = variable(
  "must be a whole number from 1 to 1000000, such as 10",
  wholeNumber(1, 1_000_000),
);

/** Bytes: `1048576`, `1024KiB` or `1MiB`; at most 1 GiB. */
export const byteSize = variable(
  "must be a size from 1 byte to 1GiB, such as 1048576, 512KiB or 1MiB",
  (text) => {
    const [, digits, unit = ""] = /^(\d{1,10})\s?(B|KiB|MiB|GiB)?$/i.exec(text) ?? [];
    const bytes =
      Number(digits) * 1024 ** ["", "kib", "mib", "gib"].indexOf(unit.toLowerCase().replace(/^b$/, ""));
    return bytes >= 1 && bytes <= 1024 ** 3 ? bytes : undefined;
  },
);

/** A comma-separated list; spaces around its members and empty members do not count. */
export const csv = variable("must be a comma-separated list without spaces within its members", (text) => {
  const members = text.split(",").map((member) => member.trim());
  return members.some((member) => /\s/.test(member)) ? undefined : members.filter((member) => member !== "");
});

export const flag = variable("must be 1 or 0", (text) => {
  if (/^(?:1|true|yes|on)$/i.test(text)) return true;
  return /^(?:0|false|no|off)$/i.test(text) ? false : undefined;
});

export const httpUrl = variable("must be an http:// or https:// URL", (text) => {
  const url = parsedUrl(text);
  return url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== "" ? text : undefined;
});

/** One node, or the nodes of a cluster: as many URLs as `REDIS_URL` lists, at least one. */
export const redisUrl = variable(
  "must be redis://host:port/database (or rediss://), or several of them, separated by commas; user:password@ goes " +
    "before the host with special characters percent-encoded, and a cluster has no database but 0",
  (text) => {
    // Split where a new URL starts: a comma may also stand in a password.
    const nodes = text.split(/\s*,\s*(?=[a-z]+:\/\/)/i);
    const mostDatabase = nodes.length === 1 ? Number.POSITIVE_INFINITY : 0;
    return nodes.every((node) => isRedisNode(node, mostDatabase)) ? nodes : undefined;
  },
);

function isRedisNode(node: string, mostDatabase: number): boolean {
  const url = parsedUrl(node);
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hash !== "") return false;
  if (!/^[A-Za-z0-9._:[\]-]+$/.test(url.hostname) || !/^\/?$|^\/\d{1,5}$/.test(url.pathname)) return false;
  return Number(url.pathname.slice(1)) <= mostDatabase;
}

function parsedUrl(text: string): URL | undefined {
  return /\s/.test(text) ? undefined : (URL.parse(text) ?? undefined);
}

/** A Standard Webhooks secret: `whsec_` and the base64 of at least 24 random bytes. */
export const webhookSecret = variable(
  'must be "whsec_" and the base64 of 24 random bytes or more; ' +
    "make one with: node -p \"'whsec_' + crypto.randomBytes(32).toString('base64')\"",
  (text) => {
    const [, encoded] =
      /^whsec_((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/.exec(text) ?? [];
    return encoded !== undefined && Buffer.from(encoded, "base64").length >= 24 ? text : undefined;
  },
);

/** The bootstrap admin key. It travels in a header, so it is visible ASCII. */
export const adminKey = variable(
  "must be a secret of at least 16 visible ASCII characters without spaces; " +
    "make one with: node -p \"crypto.randomBytes(24).toString('base64url')\"",
  (text) => (/^[\x21-\x7e]{16,512}$/.test(text) ? text : undefined),
);

const otherLevelNames = new Map([
  ["fatal", "error"],
  ["warning", "warn"],
  ["http", "info"],
  ["verbose", "debug"],
  ["trace", "debug"],
  ["silly", "debug"],
]);

/** Our levels, and the names that other loggers have for them. */
export const logLevel = variable(`must be one of ${logLevels.join(", ")}`, (text) => {
  const name = text.toLowerCase();
  return logLevels.find((level) => level === (otherLevelNames.get(name) ?? name));
});
