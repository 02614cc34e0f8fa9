/** What an empty system shows: one press, and a task runs before one's eyes. */
import { useMutation } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useLocation } from "wouter";
import { Problem } from "../parts/problem.tsx";
import { submitSample } from "./sample-task.ts";

export function FirstTask() {
  const [, navigate] = useLocation();
  const sample = useMutation({ mutationFn: submitSample, onSuccess: ({ id }) => navigate(`/tasks/${id}`) });
  return (
    <div className="empty first">
      <h2>Nothing has run yet</h2>
      <p>
        A task is one piece of work for an agent: it asks a model, uses tools, and ends within the limits it
        was given. The sample asks the support agent to go through a customer's orders, and you watch each
        step as it happens.
      </p>
      <button
        type="button"
        className="button primary"
        disabled={sample.isPending}
        onClick={() => sample.mutate()}
      >
        <Play size={14} aria-hidden />
        Run the sample task
      </button>
      {sample.error === null ? null : <Problem error={sample.error} />}
      <p>Or submit one of your own:</p>
      <pre className="terminal">{`curl -s ${location.origin}/v1/tasks \\
  -H "Authorization: Bearer $PAWL_KEY" -H "Content-Type: application/json" \\
  -d '{"input": "What is 12 * (3 + 4)?"}'`}</pre>
    </div>
  );
}
