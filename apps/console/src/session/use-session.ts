/** Who is logged in; null: nobody. A link with a one-time token logs in, and is taken out of the address at once. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiProblem, request } from "../api/request.ts";
import type { Session } from "../api/shapes.ts";

export const SESSION = ["session"];

/** `refused`: why the link did not log in. */
export type SessionState = { session: Session | null; refused: string | null };

export function useSession() {
  return useQuery({ queryKey: SESSION, queryFn: readSession, staleTime: Number.POSITIVE_INFINITY });
}

export function useEndSession(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await request("/console/session", { method: "DELETE" }).catch(() => undefined);
    client.setQueryData<SessionState>(SESSION, { session: null, refused: null });
    // What the last one saw is not for the next one's eyes.
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
  };
}

export async function logIn(body: { key: string } | { token: string }): Promise<Session> {
  return request<Session>("/console/session", { method: "POST", body });
}

let token = takeToken();

async function readSession(): Promise<SessionState> {
  const once = token;
  token = null;
  if (once !== null) {
    try {
      return { session: await logIn({ token: once }), refused: null };
    } catch (error) {
      const session = await existing();
      const refused = error instanceof ApiProblem ? error.message : String(error);
      // Opening the link again while logged in is no fault.
      return { session, refused: session === null ? refused : null };
    }
  }
  return { session: await existing(), refused: null };
}

async function existing(): Promise<Session | null> {
  return request<Session>("/console/session").catch((error: unknown) => {
    if (error instanceof ApiProblem && error.status === 401) return null;
    throw error;
  });
}

function takeToken(): string | null {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (found !== null) history.replaceState(null, "", location.pathname + location.search);
  return found;
}
