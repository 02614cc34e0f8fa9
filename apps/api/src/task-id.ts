/** The task that a path names; what cannot be a task's id names none. */
import { TaskId } from "@pawl/protocol";
import type { Request } from "express";
import { notFound } from "./problem.ts";

export function taskIdOf(request: Request): string {
  const id = TaskId.safeParse(request.params.id);
  if (!id.success) throw notFound();
  return id.data;
}
