/** Starts the console in its page. A session that has ended anywhere leads back to the door. */
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiProblem } from "./api/request.ts";
import { App } from "./app.tsx";
import { SESSION, type SessionState } from "./session/use-session.ts";
import { applyTheme } from "./shell/theme.tsx";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";

applyTheme();

const onError = (error: unknown) => {
  if (!(error instanceof ApiProblem) || error.status !== 401) return;
  client.setQueryData<SessionState>(SESSION, (now) =>
    now?.session ? { session: null, refused: "The session has ended. Log in again." } : now,
  );
};

const client = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      // Only an api that is away is worth another try; it said what it has to say otherwise.
      retry: (failures, error) =>
        error instanceof ApiProblem && (error.status === 0 || error.status >= 500) && failures < 3,
      refetchOnWindowFocus: true,
    },
  },
});

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
