/**
 * E-mail addresses, found from their @ outwards. A local part may have letters of the alphabets that put spaces between
 * words; where words are not spaced (Chinese, Japanese, Thai), the address ends where the prose begins.
 */
import type { Found } from "./found.ts";

const LOCAL_MAX_CHARS = 64;

const at = /@|＠|%40/g;
const inLocal = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{M}0-9._%+'&$!=#-]/u;
const letter = "\\p{Script=Latin}\\p{Script=Greek}\\p{Script=Cyrillic}";
const domain = new RegExp(
  `(?:[${letter}0-9](?:[${letter}0-9-]{0,61}[${letter}0-9])?\\.){1,8}(?:xn--[a-z0-9-]{2,59}|[${letter}]{2,24})(?!-?[${letter}0-9]|@)`,
  "uy",
);

export function findEmails(text: string): Found[] {
  const found: Found[] = [];
  for (const { index, 0: sign } of text.matchAll(at)) {
    domain.lastIndex = index + sign.length;
    if (!domain.test(text)) continue;
    const end = domain.lastIndex;
    const start = startOfLocal(text, index);
    if (start === index) continue;
    // git@github.com:owner/name is where a repository is, nobody's address.
    if (text.slice(start, index) === "git" && /[:/]/.test(text.charAt(end))) continue;
    found.push({ category: "email", start, end, score: 1 });
  }
  return found;
}

function startOfLocal(text: string, sign: number): number {
  let start = sign;
  while (start > 0 && sign - start < LOCAL_MAX_CHARS && inLocal.test(text.charAt(start - 1))) start -= 1;
  // `email=ann@…`, `?to=ann@…`, `'ann@…'`: a name before `=` and opening signs are not part of it.
  const local = text.slice(start, sign);
  start += local.lastIndexOf("=") + 1;
  while (start < sign && /[.'_%+&$!#-]/.test(text.charAt(start))) start += 1;
  return text.charAt(sign - 1) === "." ? sign : start;
}
