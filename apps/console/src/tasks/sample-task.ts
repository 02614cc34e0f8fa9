/** The task that shows a newcomer what Pawl does: the question that once ran an agent into an endless loop. */
import { ApiProblem, request } from "../api/request.ts";
import type { Task } from "../api/shapes.ts";

const SAMPLE = {
  agent: "support",
  user: "C-1042",
  input: "Find all my past orders and summarise the patterns in my purchasing.",
};
/** For a Pawl whose configuration knows no agent of that name. */
const PLAIN_SAMPLE = { input: "What is 12 * (3 + 4)? Show how you get there." };

export async function submitSample(): Promise<Task> {
  const submit = (body: object) => request<Task>("/v1/tasks", { method: "POST", body });
  try {
    return await submit(SAMPLE);
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 400) return submit(PLAIN_SAMPLE);
    throw error;
  }
}
