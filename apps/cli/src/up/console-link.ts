/** The address that opens the console already logged in: good once, for an hour; without it the key does it. */
import { z } from "zod";

const Link = z.looseObject({ path: z.string() });

/** The plain address where no link can be had: the console then asks for the key. */
export async function consoleLink(options: {
  apiUrl: string;
  key: string;
  signal: AbortSignal;
}): Promise<string> {
  const { apiUrl, key, signal } = options;
  const plain = `${apiUrl}/console`;
  try {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${apiUrl}/console/links`, { method: "POST", headers, signal });
    return response.ok ? apiUrl + Link.parse(await response.json()).path : plain;
  } catch (error) {
    if (signal.aborted) throw error;
    return plain;
  }
}
