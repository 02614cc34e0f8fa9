/**
 * The console's files: a small site that was built before (apps/console), read once and served from memory, so that
 * no path of a request ever becomes a path of the disk. Files named by their content are kept by browsers for
 * good; the page itself is asked for each time, and stands for every address below /console that is no file.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import type { Request, RequestHandler, Response } from "express";
import helmet from "helmet";
import type { ApiDeps } from "./api-deps.ts";
import { HttpProblem, notFound } from "./problem.ts";

/** Nothing from elsewhere, nothing inline, no text that becomes markup: what models and users write stays text. */
const policy = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "connect-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["'none'"],
  },
});

const mediaTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

type Encoding = "br" | "gzip" | "identity";
type SiteFile = {
  body: Readonly<Partial<Record<Encoding, Buffer>>>;
  type: string;
  etag: string;
  immutable: boolean;
};

export function consoleFiles({ consoleDir }: Pick<ApiDeps, "consoleDir">): RequestHandler {
  let site: ReadonlyMap<string, SiteFile> = new Map();
  const find = (path: string): SiteFile | undefined => {
    // It may be built after this process has started, and is then read whole.
    if (site.size === 0) site = readSite(consoleDir);
    return site.get(path) ?? (isFileName(path) ? undefined : site.get("/index.html"));
  };
  return (request, response, next) => {
    if (request.method !== "GET" && request.method !== "HEAD") throw notFound();
    const file = find(request.path);
    if (file === undefined && site.size > 0) throw notFound();
    if (file === undefined) {
      throw new HttpProblem("unavailable", "The console is not built: run `npm run build:console`.");
    }
    policy(request, response, (error?: unknown) => (error ? next(error) : send(file, request, response)));
  };
}

function isFileName(path: string): boolean {
  return path.slice(path.lastIndexOf("/")).includes(".");
}

function send(file: SiteFile, request: Request, response: Response): void {
  const accepted = request.acceptsEncodings(["br", "gzip", "identity"]);
  const encoding =
    accepted !== false && file.body[accepted as Encoding] ? (accepted as Encoding) : "identity";
  response.vary("accept-encoding");
  response.set({
    "content-type": file.type,
    "cache-control": file.immutable ? "public, max-age=31536000, immutable" : "no-cache",
    etag: file.etag,
    ...(encoding === "identity" ? {} : { "content-encoding": encoding }),
  });
  if (request.headers["if-none-match"] === file.etag) {
    response.status(304).end();
    return;
  }
  const body = file.body[encoding];
  response.setHeader("content-length", body?.byteLength ?? 0);
  response.end(request.method === "HEAD" ? undefined : body);
}

/** Beside a file may lie the same one compressed, as `name.br` and `name.gz`. */
function readSite(dir: string): ReadonlyMap<string, SiteFile> {
  const paths = listFiles(dir);
  const read = (path: string) => (paths.has(path) ? readFileSync(path) : undefined);
  const site = new Map<string, SiteFile>();
  for (const path of paths) {
    const type = mediaTypes[extname(path)];
    if (type === undefined) continue;
    const identity = readFileSync(path);
    const [br, gzip] = [read(`${path}.br`), read(`${path}.gz`)];
    const name = `/${relative(dir, path).split(sep).join("/")}`;
    site.set(name, {
      body: { identity, ...(br ? { br } : {}), ...(gzip ? { gzip } : {}) },
      type,
      etag: `"${createHash("sha256").update(identity).digest("base64url").slice(0, 22)}"`,
      immutable: name.startsWith("/assets/"),
    });
  }
  return site;
}

function listFiles(dir: string): ReadonlySet<string> {
  try {
    const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
    return new Set(
      entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)),
    );
  } catch {
    return new Set();
  }
}
