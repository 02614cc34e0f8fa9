/** Every command of `pawl`, in the order in which help and documentation show them. One file each. */
import type { Command } from "../command-line/command.ts";
import { budgetsGetCommand } from "./budgets-get.ts";
import { budgetsListCommand } from "./budgets-list.ts";
import { budgetsRemoveCommand } from "./budgets-remove.ts";
import { budgetsSetCommand } from "./budgets-set.ts";
import { deliveriesListCommand } from "./deliveries-list.ts";
import { deliveriesRedeliverCommand } from "./deliveries-redeliver.ts";
import { doctorCommand } from "./doctor.ts";
import { guardCheckCommand } from "./guard-check.ts";
import { keysCreateCommand } from "./keys-create.ts";
import { keysListCommand } from "./keys-list.ts";
import { keysRevokeCommand } from "./keys-revoke.ts";
import { loopsCheckCommand } from "./loops-check.ts";
import { runCommand } from "./run.ts";
import { tasksCancelCommand } from "./tasks-cancel.ts";
import { tasksGetCommand } from "./tasks-get.ts";
import { tasksListCommand } from "./tasks-list.ts";
import { tasksResumeCommand } from "./tasks-resume.ts";
import { tasksWatchCommand } from "./tasks-watch.ts";
import { upCommand } from "./up.ts";
import { usageCommand } from "./usage.ts";

export const commands: readonly Command[] = [
  upCommand,
  runCommand,
  tasksListCommand,
  tasksGetCommand,
  tasksWatchCommand,
  tasksCancelCommand,
  tasksResumeCommand,
  usageCommand,
  budgetsListCommand,
  budgetsGetCommand,
  budgetsSetCommand,
  budgetsRemoveCommand,
  keysCreateCommand,
  keysListCommand,
  keysRevokeCommand,
  deliveriesListCommand,
  deliveriesRedeliverCommand,
  loopsCheckCommand,
  guardCheckCommand,
  doctorCommand,
];
