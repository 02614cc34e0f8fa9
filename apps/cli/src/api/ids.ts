/** Ids as they are written on a command line: looked at before anything is asked with them. */
import { usageFault } from "../command-line/fault.ts";

export function taskId(word: string | undefined): string {
  return checked(word, "task_", "`pawl tasks list` lists tasks with their ids.");
}

export function deliveryId(word: string | undefined): string {
  return checked(word, "dlv_", "`pawl deliveries list` lists them with their ids.");
}

export function keyId(word: string | undefined): string {
  return checked(word, "key_", "`pawl keys list` lists keys with their ids.");
}

function checked(id: string | undefined, prefix: string, fix: string): string {
  if (id?.startsWith(prefix) && /^\w+$/.test(id)) return id;
  throw usageFault(`"${id}" is no id: it would begin with ${prefix}`, fix);
}
