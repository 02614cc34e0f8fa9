/** What went wrong, in the API's words, and what to do about it. */
import { TriangleAlert } from "lucide-react";
import { ApiProblem } from "../api/request.ts";
import { inertText } from "../text/inert-text.ts";

export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = error instanceof ApiProblem ? error : null;
  const text = error instanceof Error ? error.message : String(error);
  return (
    <div className="notice" data-tone="failed" role="alert">
      <TriangleAlert size={15} aria-hidden />
      <div>
        <p>{inertText(text)}</p>
        {problem?.status === 0 ? (
          <p className="soft">Start it with npm start. This page goes on by itself once it answers.</p>
        ) : null}
        {problem?.requestId ? <p className="soft mono">request {problem.requestId}</p> : null}
        {retry ? (
          <button type="button" className="button small" onClick={retry}>
            Try again
          </button>
        ) : null}
      </div>
    </div>
  );
}
