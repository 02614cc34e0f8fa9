/** Reads the data of events, which may be of types that this console has never heard of. */

export function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

export function textIn(object: Record<string, unknown>, name: string): string {
  const value = object[name];
  return typeof value === "string" ? value : "";
}
