// Remembers what was worked out for a text. Clients send the same tools with every turn, as new objects each time.

/** `make` must depend on its argument only. Beyond the limit all is forgotten at once and worked out anew. */
export function remember<Subject, Value>(
  make: (subject: Subject) => Value,
  maxEntries = 500,
): (subject: Subject) => Value {
  const known = new Map<string, Value>();
  return (subject) => {
    const key = JSON.stringify(subject);
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = make(subject);
    if (known.size >= maxEntries) known.clear();
    known.set(key, made);
    return made;
  };
}
