// A tool's failure is content for the model, not an exception for the loop: the model reads what went wrong and
// may try another way. What a tool says on purpose (ToolError) is shown; what it let slip is not, because an
// unexpected message may hold a path, a query or a secret.

/** Thrown by a tool's `run`: the message goes to the model word for word, so write it for that reader. */
export class ToolError extends Error {
  override readonly name = "ToolError";
  /** A short stable word for logs and metrics, such as `unknown_document`. */
  readonly code: string;

  constructor(message: string, options: { readonly code?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code ?? "tool_error";
  }
}

/** What the model is told of anything thrown by a tool; the original belongs in the log only. */
export function toolFailure(error: unknown): { readonly code: string; readonly message: string } {
  // By name as well: a tool may bring its own copy of this package.
  if (error instanceof Error && error.name === "ToolError") {
    const code = "code" in error && typeof error.code === "string" ? error.code : "tool_error";
    return { code, message: error.message };
  }
  return {
    code: "internal_error",
    message: "The tool failed unexpectedly. Its details were logged for the operator.",
  };
}
