/** What can be done to a task: cancelled while it lives, resumed after a limit or a fault ended it. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ban, Play } from "lucide-react";
import { useState } from "react";
import { request } from "../api/request.ts";
import type { Task } from "../api/shapes.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Problem } from "../parts/problem.tsx";
import { words } from "../text/format.ts";
import { type BudgetMember, budgetWords, resumable } from "./resume-words.ts";

const taskKey = (id: string) => ["task", id];

export function TaskActions({ task, onResumed }: { task: Task; onResumed: () => void }) {
  const [asks, setAsks] = useState<"cancel" | "resume" | null>(null);
  const close = () => setAsks(null);
  const rule = resumable(task);
  return (
    <div className="actions">
      {task.finished_at === null ? (
        <button type="button" className="button danger" onClick={() => setAsks("cancel")}>
          <Ban size={14} aria-hidden />
          Cancel task
        </button>
      ) : null}
      {rule === null ? null : (
        <button type="button" className="button primary" onClick={() => setAsks("resume")}>
          <Play size={14} aria-hidden />
          Resume…
        </button>
      )}
      <CancelDialog task={task} open={asks === "cancel"} onClose={close} />
      {rule === null ? null : (
        <ResumeDialog
          task={task}
          raise={rule.raise}
          open={asks === "resume"}
          onClose={close}
          onResumed={onResumed}
        />
      )}
    </div>
  );
}

function CancelDialog({ task, open, onClose }: { task: Task; open: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => request<Task>(`/v1/tasks/${task.id}/cancel`, { method: "POST" }),
    onSuccess: (cancelled) => {
      client.setQueryData(taskKey(task.id), cancelled);
      onClose();
    },
  });
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Cancel this task?"
      about="It ends at once: a model call under way is broken off, and the task cannot be resumed. What it has spent stays spent."
    >
      {cancel.error === null ? null : <Problem error={cancel.error} />}
      <div className="ends">
        <button type="button" className="button" onClick={onClose}>
          Keep it running
        </button>
        <button
          type="button"
          className="button danger"
          disabled={cancel.isPending}
          onClick={() => cancel.mutate()}
        >
          Cancel task
        </button>
      </div>
    </Dialog>
  );
}

function ResumeDialog(props: {
  task: Task;
  raise: BudgetMember | null;
  open: boolean;
  onClose: () => void;
  onResumed: () => void;
}) {
  const { task, raise, open, onClose, onResumed } = props;
  const client = useQueryClient();
  const now = shownLimit(raise, task);
  const [limit, setLimit] = useState("");
  const value = limit === "" && raise !== null ? String(Number((now * 2).toPrecision(6))) : limit;
  const resume = useMutation({
    mutationFn: () =>
      request<Task>(`/v1/tasks/${task.id}/resume`, {
        method: "POST",
        body: raise === null ? {} : { budget: { [raise]: wireLimit(raise, Number(value)) } },
      }),
    onSuccess: (resumed) => {
      client.setQueryData(taskKey(task.id), resumed);
      setLimit("");
      onClose();
      onResumed();
    },
  });
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Resume this task"
      about={
        raise === null
          ? "It goes on from its last recorded step. Nothing that was paid for is paid for again."
          : `It was stopped by a limit (${words(task.stop_reason ?? "")}). Raise that limit, and it goes on from its last recorded step.`
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          resume.mutate();
        }}
      >
        {raise === null ? null : (
          <div className="field">
            <label htmlFor="limit">{budgetWords[raise]}</label>
            <input
              id="limit"
              type="number"
              min={now}
              step="any"
              required
              value={value}
              onChange={(event) => setLimit(event.target.value)}
            />
            <p className="hint">The limit was {now}.</p>
          </div>
        )}
        {resume.error === null ? null : <Problem error={resume.error} />}
        <div className="ends">
          <button type="button" className="button" onClick={onClose}>
            Not now
          </button>
          <button type="submit" className="button primary" disabled={resume.isPending}>
            Resume task
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** People think of time in seconds. */
function shownLimit(member: BudgetMember | null, task: Task): number {
  if (member === null) return 0;
  return member === "timeout_ms" ? task.budget.timeout_ms / 1_000 : task.budget[member];
}

function wireLimit(member: BudgetMember, value: number): number {
  if (member === "timeout_ms") return Math.round(value * 1_000);
  return member === "max_cost_usd" ? value : Math.round(value);
}
