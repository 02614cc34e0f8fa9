/**
 * The typed client as the commands use it: few repetitions, because a person waits; told when the api falls silent; and
 * lists gathered over as many pages as their limit takes.
 */
import { createPawl, type Page, type Pawl } from "@pawl/client";
import { CommandFault, exitCodes } from "../command-line/fault.ts";
import type { Connection } from "./find-connection.ts";

/** A slip of the network is outlasted; an api that is not there is told of within a second. */
const USUAL_RETRIES = 2;

export type ApiOptions = {
  /** Is told of each request whether somebody answered. */
  readonly onAnswer?: (isAnswered: boolean) => void;
  /** Pauses double from 0.2 s on. */
  readonly retries?: number;
};

export function openApi(connection: Connection, options: ApiOptions = {}): Pawl {
  const { onAnswer = () => undefined, retries = USUAL_RETRIES } = options;
  const observed: typeof fetch = async (input, init) => {
    try {
      const response = await fetch(input, init);
      onAnswer(response.status < 500);
      return response;
    } catch (error) {
      onAnswer(false);
      throw error;
    }
  };
  return createPawl({
    baseUrl: connection.url,
    apiKey: keyOf(connection),
    fetch: observed,
    maxRetries: retries,
  });
}

export function keyOf({ key, url }: Connection): string {
  if (key !== undefined) return key;
  throw new CommandFault(exitCodes.keyRefused, `There is no API key for ${url}.`, {
    code: "no_key",
    fix: "Set PAWL_API_KEY, or give --key. `npm start` prints the key of its own api.",
  });
}

const MOST_PER_PAGE = 100;

/** Up to `limit` members of a list, and where the rest begins. */
export async function gather<Item>(
  limit: number,
  cursor: string | undefined,
  fetchPage: (size: number, cursor: string | null) => Promise<Page<Item>>,
): Promise<Page<Item>> {
  const data: Item[] = [];
  let next: string | null = cursor ?? null;
  do {
    const page = await fetchPage(Math.min(limit - data.length, MOST_PER_PAGE), next);
    data.push(...page.data);
    next = page.next_cursor;
  } while (next !== null && data.length < limit);
  return { data, next_cursor: next };
}
