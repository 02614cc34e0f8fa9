/**
 * Reads a request's JSON body: bounded in bytes whether or not a length was announced, strict UTF-8, plain JSON.
 * Whatever is wrong with it is a 4xx; what comes out is safe to hand to a schema.
 */
import type { Request } from "express";
import { faultsOfJson, MOST_JSON_DEPTH, nestsDeeperThan } from "./check-json.ts";
import { HttpProblem, invalidRequest } from "./problem.ts";

export async function readJsonBody(request: Request, maxBytes: number): Promise<unknown> {
  requireMediaType(request, "application/json");
  const text = decodeUtf8(await readBytes(request, maxBytes));
  if (nestsDeeperThan(text, MOST_JSON_DEPTH)) {
    throw invalidRequest([{ pointer: "", message: `is nested deeper than ${MOST_JSON_DEPTH} levels` }]);
  }
  const value = parseJson(text);
  const faults = faultsOfJson(value);
  if (faults.length > 0) throw invalidRequest(faults);
  return value;
}

/** For routes whose body may be left out; undefined then. */
export async function readOptionalJsonBody(request: Request, maxBytes: number): Promise<unknown> {
  const announced = request.headers["content-length"];
  const isEmpty = request.headers["transfer-encoding"] === undefined && Number(announced ?? 0) === 0;
  return isEmpty ? undefined : readJsonBody(request, maxBytes);
}

export async function readFormBody(request: Request, maxBytes: number): Promise<URLSearchParams> {
  requireMediaType(request, "application/x-www-form-urlencoded");
  return new URLSearchParams(decodeUtf8(await readBytes(request, maxBytes)));
}

function requireMediaType(request: Request, wanted: string): void {
  const [type = "", ...parameters] = (request.headers["content-type"] ?? "").split(";");
  const charset = parameters.map((parameter) => /^\s*charset\s*=\s*"?([^"]*)"?\s*$/i.exec(parameter)?.[1]);
  const foreign = charset.find((name) => name !== undefined && !/^utf-?8$/i.test(name));
  if (type.trim().toLowerCase() !== wanted || foreign !== undefined) {
    throw new HttpProblem("unsupported_media_type", `Send the body as ${wanted} in UTF-8.`);
  }
  if ((request.headers["content-encoding"] ?? "identity").trim().toLowerCase() !== "identity") {
    throw new HttpProblem("unsupported_media_type", "Send the body without a content-encoding.");
  }
}

/**
 * What comes after a body that grew too large is read and dropped, so that the caller, who is still writing,
 * gets to see the answer; the server's request timeout bounds that.
 */
function readBytes(request: Request, maxBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const refuse = () => {
    request.resume();
    reject(new HttpProblem("body_too_large", `The body may have ${maxBytes} bytes at most.`));
  };
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) {
    refuse();
    return promise;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  const onData = (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBytes) {
      chunks.push(chunk);
      return;
    }
    request.off("data", onData);
    chunks.length = 0;
    refuse();
  };
  const onCut = () => reject(new HttpProblem("invalid_request", "The body ended before its time."));
  request.on("data", onData);
  request.once("end", () => resolve(Buffer.concat(chunks)));
  request.once("error", onCut).once("close", onCut);
  return promise;
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new HttpProblem("invalid_json", "The body is not valid UTF-8.");
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the body.
    throw new HttpProblem(
      "invalid_json",
      text.trim() === "" ? "The body is empty." : "The body is not JSON.",
    );
  }
}
