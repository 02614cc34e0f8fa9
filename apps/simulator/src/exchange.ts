// One POST /v1/messages, from the parsed body to the ledger: check, let the script or a brain say something, cut it to
// the limits, account for the prompt, deliver. Also count_tokens, which only does the first and the fourth.

import type { IncomingMessage, ServerResponse } from "node:http";
import { type ApiError, apiError } from "./api-error.ts";
import { billFor, chargedOutput, chargeNanoUsd, countedTokens, tokenizerOf } from "./billing.ts";
import { think } from "./brain/think.ts";
import { deliver, type Ended, sendError } from "./delivery.ts";
import { sha1 } from "./json.ts";
import type { Ledger, LedgerEntry } from "./ledger.ts";
import { messageBody, messageEvents, usageOf } from "./message-events.ts";
import { CountRequest, MessageRequest, readRequest } from "./message-request.ts";
import type { PromptCache } from "./prompt-cache.ts";
import { type PromptSegment, promptSegments, totalTokens } from "./prompt-segments.ts";
import { promptEnds, promptTexts } from "./prompt-texts.ts";
import type { RateLimiter } from "./rate-limits.ts";
import { type FinishedReply, finishReply, malformToolInput } from "./reply.ts";
import { readJsonBody } from "./request-body.ts";
import type { Script, ScriptedBlock, Step } from "./scenario.ts";

export type ExchangeDeps = {
  readonly script: Script;
  readonly ledger: Ledger;
  readonly cache: PromptCache;
  readonly rates: RateLimiter;
  readonly nowMs: () => number;
  readonly nextNumber: () => number;
  readonly untilReleased: (gone: AbortSignal) => Promise<void>;
};

type Call = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly requestId: string;
};

/** A delta holds much, since nobody watches it, unless events are slowed down: then one holds a token. */
const CHARS_PER_DELTA = 160;
const CHARS_PER_SLOW_DELTA = 4;

export async function answerMessages(call: Call, deps: ExchangeDeps): Promise<void> {
  const { response, requestId } = call;
  const read = await readApiBody(call, MessageRequest);
  if (read === undefined) return;
  const receivedAtMs = deps.nowMs();
  if ("error" in read) return refuse(call, deps, receivedAtMs, read.error);
  const { request } = read;
  const billing = deps.script.billing();
  const segments = promptSegments(request, tokenizerOf(billing));
  const requestHash = hashOf(request, segments);
  const rate = deps.rates.admit(request.model, totalTokens(segments), deps.script.rateLimits());
  for (const [name, value] of Object.entries(rate.headers)) response.setHeader(name, value);
  if (rate.refused !== undefined) return refuseForRate(call, deps, receivedAtMs, request, requestHash);
  const step = deps.script.take({
    model: request.model,
    turn: 1 + request.messages.filter(({ role }) => role === "assistant").length,
    texts: lazily(() => promptTexts(request)),
  });
  const idTail = `${deps.nextNumber()}_${requestHash.slice(0, 8)}`;
  const reply = replyTo(request, step, deps, idTail);

  // What is refused with a status is not cached.
  const cache = step?.fault?.kind === "status" ? undefined : deps.cache;
  const said = { segments, saidTokens: reply.outputTokens, scripted: step?.reply?.usage };
  const bill = billFor(request, said, { billing, cache });
  const usage = usageOf(bill.input, bill.outputTokens);
  const head = { id: `msg_sim_${idTail}`, model: request.model, usage };
  const eventDelayMs = step?.token_delay_ms ?? 0;

  let entry: LedgerEntry | undefined;
  const onEnded = (ended: Ended) => {
    if (entry !== undefined) return;
    const tokens = chargedOutput(bill, ended);
    deps.rates.count(request.model, tokens ?? 0);
    entry = deps.ledger.record({
      ...described(call, receivedAtMs, request, requestHash),
      answered_at_ms: deps.nowMs(),
      message_id: head.id,
      outcome: ended.outcome,
      status: ended.status,
      stop_reason: ended.outcome === "completed" ? reply.stopReason : null,
      usage: tokens === undefined ? null : ledgerUsage(usageOf(bill.input, tokens)),
      billed_nano_usd: tokens === undefined ? 0 : chargeNanoUsd(bill, tokens),
    });
  };
  response.once("close", () => {
    if (entry?.outcome === "completed" && !response.writableFinished) deps.ledger.amendToAborted(entry);
  });
  await deliver(
    response,
    {
      requestId,
      payload: request.stream
        ? { events: messageEvents(head, reply, eventDelayMs > 0 ? CHARS_PER_SLOW_DELTA : CHARS_PER_DELTA) }
        : { body: messageBody(head, reply) },
      outputTokens: bill.outputTokens,
      latencyMs: step?.latency_ms ?? 0,
      eventDelayMs,
      fault: step?.fault,
    },
    { onEnded, untilReleased: deps.untilReleased },
  );
}

export async function answerCountTokens(call: Call, deps: ExchangeDeps): Promise<void> {
  const read = await readApiBody(call, CountRequest);
  if (read === undefined) return;
  const receivedAtMs = deps.nowMs();
  if ("error" in read) return refuse(call, deps, receivedAtMs, read.error);
  const { segments, tokens } = countedTokens(deps.script.billing(), read.request);
  deps.ledger.record({
    ...described(call, receivedAtMs, read.request, hashOf(read.request, segments)),
    answered_at_ms: deps.nowMs(),
    message_id: null,
    outcome: "completed",
    status: 200,
    stop_reason: null,
    usage: null,
    billed_nano_usd: 0,
  });
  call.response
    .writeHead(200, { "content-type": "application/json", "request-id": call.requestId })
    .end(JSON.stringify({ input_tokens: tokens }));
}

/** undefined: there is nobody left to answer. */
async function readApiBody<Request extends CountRequest>(
  { request }: Call,
  schema: Parameters<typeof readRequest<Request>>[0],
): Promise<{ request: Request } | { error: ApiError } | undefined> {
  const read = await readJsonBody(request);
  if (read === undefined) return undefined;
  if (!hasCredentials(request))
    return { error: apiError(401, "x-api-key header or Authorization: Bearer is required") };
  return "error" in read ? read : readRequest(schema, read.body);
}

/** Any key will do, but one must be there: a client that forgets it should hear of it here already. */
export function hasCredentials({ headers }: IncomingMessage): boolean {
  const key = headers["x-api-key"];
  return (typeof key === "string" && key !== "") || /^Bearer \S/i.test(headers.authorization ?? "");
}

function refuse(
  { response, path, requestId }: Call,
  { ledger, nowMs }: ExchangeDeps,
  receivedAtMs: number,
  error: ApiError,
): void {
  ledger.record({
    ...moment(receivedAtMs),
    answered_at_ms: nowMs(),
    path,
    model: null,
    request_hash: null,
    prompt_head: "",
    prompt_tail: "",
    messages: 0,
    max_tokens: null,
    message_id: null,
    outcome: "failed",
    status: error.status,
    stop_reason: null,
    usage: null,
    billed_nano_usd: 0,
    request_id: requestId,
  });
  sendError(response, error, requestId);
}

function refuseForRate(
  call: Call,
  deps: ExchangeDeps,
  receivedAtMs: number,
  request: MessageRequest,
  requestHash: string,
): void {
  deps.ledger.record({
    ...described(call, receivedAtMs, request, requestHash),
    answered_at_ms: deps.nowMs(),
    message_id: null,
    outcome: "failed",
    status: 429,
    stop_reason: null,
    usage: null,
    billed_nano_usd: 0,
  });
  sendError(call.response, apiError(429), call.requestId);
}

/** Ids end in a hash of the prompt, too: a conversation that outlives this process never sees the same one twice. */
function replyTo(
  request: MessageRequest,
  step: Step | undefined,
  deps: ExchangeDeps,
  idTail: string,
): FinishedReply {
  const mind = step?.brain ?? deps.script.defaultBrain();
  const said = step?.reply === undefined ? think(mind, request) : scriptedBlocks(step.reply.content);
  const isMalformed = step?.fault?.kind === "malformed_tool_input";
  const blocks =
    isMalformed && !said.some(({ type }) => type === "tool_use") ? [...said, someCall(request)] : said;
  let calls = 0;
  const reply = finishReply(blocks, step?.reply?.stop_reason, {
    maxTokens: request.max_tokens,
    stopSequences: request.stop_sequences ?? [],
    tokenizer: tokenizerOf(deps.script.billing()),
    nextToolUseId: () => `toolu_sim_${idTail}_${calls++}`,
  });
  return isMalformed ? malformToolInput(reply) : reply;
}

function scriptedBlocks(content: string | ScriptedBlock[]): readonly ScriptedBlock[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function someCall({ tools = [] }: MessageRequest): ScriptedBlock {
  return { type: "tool_use", name: tools[0]?.name ?? "unknown_tool", input: { value: "never finished" } };
}

function hashOf(request: CountRequest, segments: readonly PromptSegment[]): string {
  return sha1([request.model, ...segments.map(({ canonical }) => canonical)].join("\n"));
}

function described(
  { path, requestId }: Call,
  receivedAtMs: number,
  request: CountRequest | MessageRequest,
  requestHash: string,
) {
  return {
    ...moment(receivedAtMs),
    path,
    model: request.model,
    request_hash: requestHash,
    ...promptEnds(request),
    messages: request.messages.length,
    max_tokens: "max_tokens" in request ? request.max_tokens : null,
    request_id: requestId,
  };
}

function moment(receivedAtMs: number) {
  return { at: new Date(receivedAtMs).toISOString(), received_at_ms: receivedAtMs };
}

function ledgerUsage({ cache_creation: _, ...counts }: ReturnType<typeof usageOf>) {
  return counts;
}

function lazily<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
