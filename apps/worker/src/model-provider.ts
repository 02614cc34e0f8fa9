/**
 * Which model answers: Anthropic, the simulator, or a gateway. Users must be able to tell a simulated answer from
 * a real one, so the simulator is asked whether it is one, and each task says what it was told.
 */
const PROBE_TIMEOUT_MS = 2000;

export type ProviderOptions = { baseUrl: string | undefined };

/** Asks once it is known; until then each caller asks again. */
export function modelProvider({ baseUrl }: ProviderOptions): () => Promise<string> {
  let known: string | undefined;
  return async () => {
    known ??= await probe(baseUrl);
    return known ?? "unknown";
  };
}

async function probe(baseUrl: string | undefined): Promise<string | undefined> {
  if (baseUrl === undefined) return "anthropic";
  const { hostname } = new URL(baseUrl);
  if (hostname === "anthropic.com" || hostname.endsWith(".anthropic.com")) return "anthropic";
  try {
    const response = await fetch(new URL("healthz", baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`), {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    const body: unknown = await response.json();
    const simulated =
      typeof body === "object" && body !== null && "simulator" in body && body.simulator === true;
    return simulated ? "simulator" : hostname;
  } catch (error) {
    // It answers, but not in JSON: a gateway. It does not answer: nobody knows yet.
    return error instanceof SyntaxError ? hostname : undefined;
  }
}
