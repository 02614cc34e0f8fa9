/**
 * Tells when a URL in an answer would carry data out. An image is fetched without anybody clicking, so one from a host
 * that nobody allowed is dangerous with any payload; a link needs a click, and a payload that no honest link has.
 */
import type { GuardFinding } from "@pawl/protocol";
import type { Detector, ThresholdsOf } from "../guard-part.ts";
import { findPii } from "../pii/index.ts";
import { findLinks, type Link } from "./links.ts";

/** Named after what loads: `markdown_image`, `html_image`, `data_uri`, `link`. */
export const exfiltrationThresholds: ThresholdsOf = () => ({ reportAt: 0.5, flagAt: 0.5, blockAt: 0.8 });

/** How much an image may say in its URL, to name itself: a size, a hash, a version. */
const IMAGE_PAYLOAD_CHARS = 24;
const LINK_PAYLOAD_CHARS = 48;
/** Of any URL, more than anybody links to. */
const LONG_PAYLOAD_CHARS = 256;

/** Parameters of shops, analytics and signed downloads; long, and nobody's data. */
const ordinaryParameter =
  /^(?:utm_\w+|gclid|fbclid|msclkid|gad_source|ref|sig|signature|se|sp|sv|sr|st|skoid|sktid|x-(?:amz|goog)-[\w-]+|expires|key-pair-id|policy|googleaccessid|awsaccesskeyid|response-content-\w+)$/i;

export function createExfiltrationDetector(allowedHosts: readonly string[]): Detector {
  return (text) =>
    findLinks(text).flatMap((link): GuardFinding[] => {
      const judged = judge(link, allowedHosts);
      return judged === undefined
        ? []
        : [{ guard: "exfiltration", ...judged, start: link.start, end: link.end }];
    });
}

function judge(
  link: Link,
  allowedHosts: readonly string[],
): { readonly category: string; readonly score: number } | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(link.url)?.[1]?.toLowerCase();
  // A picture inside the text loads nothing; a page or a script inside it is a program.
  if (scheme === "data")
    return /^data:image\/(?!svg)/i.test(link.url) ? undefined : { category: "data_uri", score: 0.9 };
  if (scheme === "javascript" || scheme === "vbscript") return { category: "script_url", score: 1 };
  const url = parsed(link.url);
  if (url === undefined || isAllowed(url.hostname, allowedHosts)) return undefined;
  const loads =
    link.kind === "markdown_image" ||
    link.kind === "html_load" ||
    (link.kind === "reference" && looksLikeImage(url));
  const category = link.kind === "html_load" ? "html_image" : loads ? "markdown_image" : "link";
  const score = payloadScore(url, loads);
  return score === 0 ? undefined : { category, score };
}

function parsed(raw: string): URL | undefined {
  const url = URL.parse(raw.startsWith("//") ? `https:${raw}` : raw.replaceAll("&amp;", "&"));
  return url !== null && /^(?:https?|wss?|ftp):$/.test(url.protocol) ? url : undefined;
}

export function isAllowed(host: string, allowed: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return allowed.some((domain) => name === domain || name.endsWith(`.${domain}`));
}

function looksLikeImage({ pathname }: URL): boolean {
  return /\.(?:png|jpe?g|gif|webp|svg|bmp|ico|avif)$/i.test(pathname);
}

/** 1: carries data for certain. 0.5: might, or is a picture from anywhere. 0: as honest links are. */
function payloadScore(url: URL, loads: boolean): number {
  const values = [...url.searchParams]
    .filter(([name]) => !ordinaryParameter.test(name))
    .map(([, value]) => value);
  const pieces = [...values, ...url.pathname.split("/").map(decoded), decoded(url.hash.slice(1))];
  const said = values.reduce((chars, value) => chars + value.length, 0);
  const limit = loads ? IMAGE_PAYLOAD_CHARS : LINK_PAYLOAD_CHARS;
  if ([...pieces, url.hostname, decoded(url.search.slice(1))].some(hasPersonalData)) return 1;
  if (pieces.some((piece) => isPlaceholder(piece))) return loads ? 0.9 : 0.7;
  if (url.hostname.split(".").some((label) => label.length >= 30 && looksEncoded(label))) return 0.9;
  if (pieces.some((piece) => piece.length >= limit && looksEncoded(piece))) return 0.9;
  if (values.some((value) => value.length >= limit && countWords(value) >= 4)) return loads ? 1 : 0.7;
  if (loads && (said >= IMAGE_PAYLOAD_CHARS || values.some((value) => countWords(value) >= 3))) return 0.9;
  if (said >= LONG_PAYLOAD_CHARS) return 0.8;
  return loads && said > 0 && ![...url.searchParams.keys()].every(isAppearance) ? 0.6 : 0;
}

/** A picture's size, format and version. */
function isAppearance(name: string): boolean {
  return /^(?:w|h|width|height|s|size|q|quality|fm|format|fit|crop|auto|dpr|v|ver|version|t|ts|raw|style|label|color|logo|branch)$/i.test(
    name,
  );
}

function hasPersonalData(piece: string): boolean {
  return (
    piece.length >= 8 &&
    findPii(piece, { phoneRegions: [] }).some(
      ({ category }) => category !== "ip_address" && category !== "phone",
    )
  );
}

/** `{data}`, `[[conversation]]`, `<summary>`: somebody meant the model to fill it in. */
function isPlaceholder(piece: string): boolean {
  return /[{[<]{1,2}\s{0,4}[a-z][\w .-]{2,60}[}\]>]{1,2}/i.test(piece) && !/^\[\d+\]$/.test(piece);
}

/** Base64 or hexadecimal of something: one long word, letters of both sizes and digits mixed, or digits and a to f. */
function looksEncoded(piece: string): boolean {
  const body = piece.replace(/={1,2}$/, "");
  if (/^[0-9a-f-]{36}$/i.test(body)) return false;
  if (/^(?:[0-9a-f]{2})+$/i.test(body)) return body.length > 64 || decodesToText(Buffer.from(body, "hex"));
  if (!/^[\w+/-]{16,}$/.test(body)) return false;
  return (
    decodesToText(Buffer.from(body, "base64")) ||
    (/\d/.test(body) && /[a-z]/.test(body) && /[A-Z]/.test(body) && !/[-_]/.test(body) && body.length >= 40)
  );
}

function decodesToText(bytes: Buffer): boolean {
  const printable = bytes.filter((byte) => byte === 10 || (byte >= 32 && byte < 127)).length;
  return bytes.length >= 10 && printable / bytes.length > 0.95;
}

function countWords(piece: string): number {
  return piece.split(/[\s+_]+/).filter((part) => /\p{L}{2}/u.test(part)).length;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
