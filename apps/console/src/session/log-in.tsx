/** The door: an API key, which the browser shows once and does not keep. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { usePageTitle } from "../parts/page-title.ts";
import { Problem } from "../parts/problem.tsx";
import { Brand } from "../shell/brand.tsx";
import { logIn, SESSION, type SessionState } from "./use-session.ts";

export function LogIn({ refused }: { refused: string | null }) {
  usePageTitle("Log in");
  const client = useQueryClient();
  const [key, setKey] = useState("");
  const [error, setError] = useState<unknown>(refused === null ? null : new Error(refused));
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    try {
      const session = await logIn({ key: key.trim() });
      client.setQueryData<SessionState>(SESSION, { session, refused: null });
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <main className="login">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Brand />
        <h1>Log in</h1>
        <div className="field">
          <label htmlFor="key">API key</label>
          <input
            id="key"
            type="password"
            autoComplete="current-password"
            required
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
          <p className="hint">
            <code>npm start</code> prints one, and a link that logs in by itself. You see what this key's
            tenant owns.
          </p>
        </div>
        {error === null ? null : <Problem error={error} />}
        <button type="submit" className="button primary" disabled={busy || key.trim() === ""}>
          Log in
        </button>
      </form>
    </main>
  );
}
