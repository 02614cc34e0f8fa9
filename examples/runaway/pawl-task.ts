// The same agent and the same question as a Pawl task, followed to its end over the public API.

import { createPawl, type TaskRequest } from "@pawl/client";
import { z } from "zod";

export type PawlTurn = { turn: number; usd: number; asks: string };
export type PawlEnd = {
  id: string;
  status: string;
  stopReason: string;
  /** For an end user. */
  message: string;
  answer: string;
  turns: number;
  usd: number;
};

const Reply = z.looseObject({
  cost_usd: z.number(),
  content: z.array(
    z.looseObject({ type: z.string(), name: z.string().optional(), input: z.unknown().optional() }),
  ),
});
export async function runPawlTask(options: {
  apiUrl: string;
  adminKey: string;
  request: TaskRequest;
  onTurn: (turn: PawlTurn) => void;
  signal: AbortSignal;
}): Promise<PawlEnd> {
  const { apiUrl, adminKey, request, onTurn, signal } = options;
  const pawl = createPawl({ baseUrl: apiUrl, apiKey: adminKey });
  const { id } = await pawl.submit(request, { signal });

  let [turns, usd, message] = [0, 0, ""];
  for await (const event of pawl.stream(id, { signal })) {
    if (event.type === "model.responded") {
      const { cost_usd, content } = Reply.parse(event.data);
      turns += 1;
      usd += cost_usd;
      onTurn({ turn: turns, usd, asks: content.flatMap(described).join(", ") || "answers" });
    }
    if (event.type === "task.stopped" && typeof event.data.message === "string") message = event.data.message;
  }
  const task = await pawl.get(id, { signal });
  return {
    id,
    status: task.status,
    stopReason: task.stop_reason ?? "",
    message,
    answer: task.result?.text ?? "",
    turns,
    usd: task.cost.usd,
  };
}

/** `query_orders category=coffee` */
function described({ type, name, input }: z.infer<typeof Reply>["content"][number]): string[] {
  if (type !== "tool_use" || name === undefined) return [];
  const filled = Object.entries(z.record(z.string(), z.unknown()).catch({}).parse(input));
  return [[name, ...filled.map(([key, value]) => `${key}=${shortened(String(value))}`)].join(" ")];
}

function shortened(text: string): string {
  return text.length > 16 ? `${text.slice(0, 15)}…` : text;
}
