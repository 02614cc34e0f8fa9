/**
 * Asks a Redis server a few questions over one short-lived connection, with Node built-ins only.
 * Just enough of RESP2 to send commands and read replies, for the moments before a real client exists:
 * is it up, is it loading, is it the very server we mean?
 */
import { connect } from "node:net";

export type RedisAddress = { host: string; port: number; password?: string };
/** An error reply is a value here: LOADING is an answer, not an accident. */
export type RedisReply = string | number | null | { error: string } | RedisReply[];

/** Sends the commands in one go and resolves with one reply each. Rejects when the server cannot be reached. */
export function askRedis(
  address: RedisAddress,
  commands: readonly (readonly string[])[],
  timeoutMs: number,
): Promise<RedisReply[]> {
  const login = address.password === undefined ? [] : [["AUTH", address.password]];
  const all = [...login, ...commands];
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.host, port: address.port });
    let received = Buffer.alloc(0);
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    socket.on("connect", () => socket.write(all.map(encode).join("")));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const replies = readReplies(received, all.length);
      if (replies === undefined) return;
      resolve(replies.slice(login.length));
      socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => {
      clearTimeout(timer);
      reject(new Error("the connection was closed before the answer was complete"));
    });
  });
}

/** What a server says of itself. */
export type ServerState = {
  state: "ready" | "loading" | "refusing";
  pid: number;
  runId: string;
  detail: string;
};

/** "loading" while it reads its data back; "refusing" when it answers but will not serve us (a password, say). */
export async function readServerState(address: RedisAddress, timeoutMs: number): Promise<ServerState> {
  const [ping, info] = await askRedis(address, [["PING"], ["INFO", "server"]], timeoutMs);
  const text = typeof info === "string" ? info : "";
  const pid = Number(/^process_id:(\d+)/m.exec(text)?.[1] ?? 0);
  const runId = /^run_id:(\w+)/m.exec(text)?.[1] ?? "";
  if (ping === "PONG") return { state: "ready", pid, runId, detail: "" };
  const detail = typeof ping === "object" && ping !== null && "error" in ping ? ping.error : String(ping);
  return { state: detail.startsWith("LOADING") ? "loading" : "refusing", pid, runId, detail };
}

function encode(command: readonly string[]): string {
  const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
  return `*${command.length}\r\n${parts.join("")}`;
}

/** The first `count` replies, or undefined while bytes are still missing. */
function readReplies(bytes: Buffer, count: number): RedisReply[] | undefined {
  const replies: RedisReply[] = [];
  let at = 0;
  while (replies.length < count) {
    const next = readReply(bytes, at);
    if (next === undefined) return undefined;
    replies.push(next.reply);
    at = next.end;
  }
  return replies;
}

function readReply(bytes: Buffer, start: number): { reply: RedisReply; end: number } | undefined {
  const lineEnd = bytes.indexOf("\r\n", start);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString("utf8", start + 1, lineEnd);
  const afterLine = lineEnd + 2;
  switch (bytes.toString("latin1", start, start + 1)) {
    case "+":
      return { reply: line, end: afterLine };
    case "-":
      return { reply: { error: line }, end: afterLine };
    case ":":
      return { reply: Number(line), end: afterLine };
    case "$": {
      const length = Number(line);
      if (length < 0) return { reply: null, end: afterLine };
      const end = afterLine + length + 2;
      return bytes.length < end ? undefined : { reply: bytes.toString("utf8", afterLine, end - 2), end };
    }
    case "*":
      return readList(bytes, afterLine, Number(line));
    default:
      return { reply: { error: `not a Redis server: ${line.slice(0, 80)}` }, end: bytes.length };
  }
}

function readList(
  bytes: Buffer,
  start: number,
  count: number,
): { reply: RedisReply; end: number } | undefined {
  if (count < 0) return { reply: null, end: start };
  const reply: RedisReply[] = [];
  let end = start;
  for (let index = 0; index < count; index += 1) {
    const next = readReply(bytes, end);
    if (next === undefined) return undefined;
    reply.push(next.reply);
    end = next.end;
  }
  return { reply, end };
}
