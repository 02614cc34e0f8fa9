/** Addresses of single resources. An id is looked at before it becomes part of one. */
import { usageFault } from "../command-line/fault.ts";

export function taskPath(id: string | undefined, action: "" | "/cancel" | "/resume" = ""): string {
  return `/v1/tasks/${checked(id, "task_", "`pawl tasks list` lists tasks with their ids.")}${action}`;
}

export function deliveryPath(id: string | undefined, action: "" | "/redeliver" = ""): string {
  return `/v1/deliveries/${checked(id, "dlv_", "`pawl deliveries list` lists them with their ids.")}${action}`;
}

export function keyPath(id: string | undefined): string {
  return `/v1/api-keys/${checked(id, "key_", "`pawl keys list` lists keys with their ids.")}`;
}

function checked(id: string | undefined, prefix: string, fix: string): string {
  if (id?.startsWith(prefix) && /^\w+$/.test(id)) return id;
  throw usageFault(`"${id}" is no id: it would begin with ${prefix}`, fix);
}
