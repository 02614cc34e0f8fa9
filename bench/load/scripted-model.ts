/** A model in this process, without latency or with a gate: it says what the workload says, turn by turn. */
import type { Model, ModelReply } from "@pawl/agent";
import type { Workload } from "./workload.ts";

const usage = { input_tokens: 900, output_tokens: 60, cache_read_tokens: 0, cache_write_tokens: 0 };

/** `beforeReply` holds back the reply of a turn (the first is 0): a slow model. */
export function scriptedModel(
  { turns }: Workload,
  beforeReply?: (turn: number, signal: AbortSignal) => Promise<void>,
): Model {
  const replies = turns.map(
    ({ content, stopReason }, turn): ModelReply => ({
      messageId: `msg_${turn}`,
      content,
      stopReason,
      billed: { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens },
      usage,
      malformed: new Map(),
    }),
  );
  return {
    async ask({ messages }, { signal, onText, onLimits }) {
      onLimits?.(undefined);
      const turn = messages.filter(({ role }) => role === "assistant").length;
      const reply = replies[turn];
      if (reply === undefined) throw new RangeError(`the workload has no turn ${turn}`);
      await beforeReply?.(turn, signal);
      for (const { type, text } of reply.content)
        if (type === "text" && typeof text === "string") onText(text);
      return reply;
    },
    countTokens: async () => undefined,
  };
}
