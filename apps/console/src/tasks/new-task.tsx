/** Submits a task by hand. */
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { request } from "../api/request.ts";
import type { Task } from "../api/shapes.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Problem } from "../parts/problem.tsx";

const EMPTY = { input: "", agent: "", user: "", max_cost_usd: "" };

export function NewTask({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [, navigate] = useLocation();
  const [form, setForm] = useState(EMPTY);
  const submit = useMutation({
    mutationFn: () => request<Task>("/v1/tasks", { method: "POST", body: bodyOf(form) }),
    onSuccess: ({ id }) => {
      setForm(EMPTY);
      onClose();
      navigate(`/tasks/${id}`);
    },
  });
  const field = (name: keyof typeof EMPTY) => ({
    id: `new-${name}`,
    value: form[name],
    onChange: (event: { target: { value: string } }) => setForm({ ...form, [name]: event.target.value }),
  });
  return (
    <Dialog open={open} onClose={onClose} title="New task">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit.mutate();
        }}
      >
        <div className="field">
          <label htmlFor="new-input">What is to be done</label>
          <textarea rows={4} required {...field("input")} />
        </div>
        <div className="pair">
          <div className="field">
            <label htmlFor="new-agent">Agent</label>
            <input placeholder="default" {...field("agent")} />
          </div>
          <div className="field">
            <label htmlFor="new-user">User</label>
            <input placeholder="nobody in particular" {...field("user")} />
          </div>
        </div>
        <div className="field">
          <label htmlFor="new-max_cost_usd">It may cost at most, in dollars</label>
          <input
            type="number"
            min="0.000001"
            step="any"
            placeholder="the agent's limit"
            {...field("max_cost_usd")}
          />
        </div>
        {submit.error === null ? null : <Problem error={submit.error} />}
        <div className="ends">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={submit.isPending}>
            Submit
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function bodyOf({ input, agent, user, max_cost_usd }: typeof EMPTY) {
  return {
    input,
    ...(agent.trim() === "" ? {} : { agent: agent.trim() }),
    ...(user.trim() === "" ? {} : { user: user.trim() }),
    ...(max_cost_usd === "" ? {} : { budget: { max_cost_usd: Number(max_cost_usd) } }),
  };
}
