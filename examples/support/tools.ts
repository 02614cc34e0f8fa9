// The support agent's hands, one of each effect: reading, an idempotent write, a write that must happen once.

import type { Tool } from "@pawl/agent";
import { createTicket } from "./create-ticket.ts";
import { queryOrders } from "./query-orders.ts";
import { sendEmail } from "./send-email.ts";

export const supportTools: readonly Tool[] = [queryOrders, createTicket, sendEmail];
