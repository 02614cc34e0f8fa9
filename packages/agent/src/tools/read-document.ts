// The documents a user sent with the task, by name and in pages. The context holds this task's documents only,
// so there is no path to leave it by.

import { z } from "zod";
import { defineTool, type ToolContext } from "../define-tool.ts";
import { ToolError } from "../tool-error.ts";
import { pageInput, pageOf } from "./text-page.ts";

const MAX_NAMES_LISTED = 50;

export const readDocument = defineTool({
  name: "read_document",
  description:
    "Reads a document, file or attachment that was sent with this task, by its name. Long ones come in pages: " +
    "while has_more is true, call again with offset = next_offset.",
  input: z.strictObject({
    name: z.string().min(1).max(1_000).describe("The document's name, exactly as it was sent."),
    ...pageInput,
  }),
  effect: "read",
  run: ({ name, offset, limit }, ctx) => {
    const document = ctx.documents.find((candidate) => candidate.name === name);
    if (document === undefined) throw unknownDocument(name, ctx);
    if (offset > document.text.length) {
      throw new ToolError(
        `offset ${offset} is past the end: the document has ${document.text.length} characters.`,
        {
          code: "bad_offset",
        },
      );
    }
    return {
      name,
      media_type: document.mediaType ?? "text/plain",
      offset,
      ...pageOf(document.text, offset, limit),
    };
  },
});

function unknownDocument(name: string, { documents }: ToolContext): ToolError {
  const code = "unknown_document";
  if (documents.length === 0) return new ToolError("No documents were sent with this task.", { code });
  const names = documents.slice(0, MAX_NAMES_LISTED).map((document) => JSON.stringify(document.name));
  const rest = documents.length > MAX_NAMES_LISTED ? ` and ${documents.length - MAX_NAMES_LISTED} more` : "";
  return new ToolError(
    `There is no document ${JSON.stringify(name)}. There are: ${names.join(", ")}${rest}.`,
    { code },
  );
}
