// The rules between messages that a client's loop breaks most easily: each tool_use is answered at once, by one
// tool_result at the head of the very next user message, and nothing is answered that was not asked.

import type { CountRequest, MessageBlock } from "./message-request.ts";

type Messages = CountRequest["messages"];

/** The first broken rule in the API's words, or undefined. */
export function conversationProblem(messages: Messages): string | undefined {
  if (messages[0]?.role !== "user") return 'messages: first message must use the "user" role';
  const usedIds = new Set<string>();
  let open = new Set<string>();
  for (const [index, { role, content }] of messages.entries()) {
    const blocks = typeof content === "string" ? [] : content;
    const problem =
      emptinessProblem(content, index, index === messages.length - 1 && role === "assistant") ??
      answerProblem(role, blocks, open, index);
    if (problem !== undefined) return problem;
    open = new Set();
    for (const [place, block] of blocks.entries()) {
      if (block.type !== "tool_use") continue;
      if (role !== "assistant")
        return `messages.${index}.content.${place}: \`tool_use\` blocks can only be in \`assistant\` messages`;
      if (usedIds.has(block.id)) return `messages.${index}.content.${place}: \`tool_use\` ids must be unique`;
      usedIds.add(block.id);
      open.add(block.id);
    }
  }
  return open.size === 0 ? undefined : unanswered(messages.length - 1, open);
}

function emptinessProblem(
  content: string | readonly MessageBlock[],
  index: number,
  isFinalAssistant: boolean,
): string | undefined {
  if (content.length === 0 && !isFinalAssistant)
    return `messages.${index}: all messages must have non-empty content`;
  if (typeof content === "string") {
    return content.trim() === "" && !isFinalAssistant
      ? `messages.${index}: text content must contain non-whitespace text`
      : undefined;
  }
  const blank = content.findIndex((block) => block.type === "text" && block.text.trim() === "");
  return blank < 0
    ? undefined
    : `messages.${index}.content.${blank}: text content blocks must contain non-whitespace text`;
}

/** `open`: what the message before asked for. Results come first: text before them hides them from the API. */
function answerProblem(
  role: string,
  blocks: readonly MessageBlock[],
  open: ReadonlySet<string>,
  index: number,
): string | undefined {
  const answered = new Set<string>();
  let leading = true;
  for (const [place, block] of blocks.entries()) {
    if (block.type !== "tool_result") {
      leading = false;
      continue;
    }
    const at = `messages.${index}.content.${place}`;
    const id = block.tool_use_id;
    if (role !== "user") return `${at}: \`tool_result\` blocks can only be in \`user\` messages`;
    if (!open.has(id))
      return `${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
    if (answered.has(id))
      return `${at}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`;
    if (leading) answered.add(id);
  }
  const missing = [...open].filter((id) => !answered.has(id));
  return missing.length === 0 ? undefined : unanswered(index - 1, missing);
}

function unanswered(index: number, ids: Iterable<string>): string {
  return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${[...ids].join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
}
