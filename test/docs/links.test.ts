/** No dead end in the documentation: every link of ours leads to a file, and every anchor to a heading. */
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { pages, readPage, root } from "../support/documents.ts";

/** As GitHub makes an anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}

function withoutCode(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```/gm, "").replace(/`[^`\n]*`/g, "");
}

function anchorsOf(page: string): string[] {
  return [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));
}

function deadLinks(page: string): string[] {
  const links = [...withoutCode(readPage(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : normalize(join(dirname(page), path));
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
}

describe("links", () => {
  it.each(pages())("of %s lead somewhere", (page) => {
    expect(deadLinks(page)).toEqual([]);
  });

  it("reach every page of docs/ from its index", () => {
    const index = readPage("docs/README.md");
    const unlinked = pages()
      .filter((page) => page.startsWith("docs/") && !page.startsWith("docs/decisions/"))
      .map((page) => page.slice("docs/".length))
      .filter((page) => page !== "README.md" && !index.includes(`(${page})`));
    expect(unlinked).toEqual([]);
  });
});
