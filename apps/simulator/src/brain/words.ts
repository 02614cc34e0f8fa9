// Words compared by meaning as far as tables go: lower case, a crude stem, a few synonyms. Deterministic, and small
// enough to be read: what it misses, a scripted step can say.

const STOP_WORDS = new Set(
  (
    "a an the of to in on at for from by with as and or but nor so if than then is are was were be been am do does did " +
    "can could would should may might must will shall please i me my mine you your he she they them their we us our it " +
    "its this that these those there here what which who whom whose how why where when any some all every each both no " +
    "not only own same such very too just also more most other another about into over under again once have has had " +
    "get give show tell let use used using return result call tool data information list new current past latest last " +
    "first next summarise summarize summary explain describe analyse analyze compare"
  ).split(" "),
);

/** The first word of each group stands for the rest. */
const SYNONYMS = [
  "order purchase buy bought purchasing",
  "email mail e-mail",
  "ticket case",
  "calculate calculator compute arithmetic math maths evaluate calculation",
  "time clock today",
  "document attachment attached file",
  "fetch download",
  "url page website webpage link site",
  "query search find lookup look",
];

const MEANINGS = new Map(
  SYNONYMS.flatMap((row) => {
    const words = row.split(" ");
    const [head = ""] = words;
    return words.map((word) => [stem(word), stem(head)] as const);
  }),
);

/** What a tool's name may begin with, without being about it. */
const VERBS = new Set("query search find fetch read load lookup check do run".split(" ").map(meaning));

/** Words by which a user asks for an effect. A tool whose name begins with one needs one of the same row in the task. */
const EFFECTS = [
  "send forward deliver write notify",
  "create open file raise make add log submit book register write start",
  "delete remove erase drop",
  "update change edit set modify rename",
  "cancel",
  "refund reimburse",
  "pay transfer charge",
  "approve accept",
  "post publish",
].map((row) => new Set(row.split(" ").map(stem)));

/** The meanings in a text, in order, stop words left out. */
export function meanings(text: string): string[] {
  return rawWords(text.replace(/\bin order to\b|\bhow many times\b/gi, " "))
    .filter((word) => word.length > 1 && !STOP_WORDS.has(word))
    .map(meaning);
}

/** The words of a name: `query_orders`, `queryOrders` and `query-orders` are two. */
export function nameWords(name: string): string[] {
  return rawWords(name.replace(/([a-z0-9])([A-Z])/g, "$1 $2"));
}

/** A tool's name as the meanings of what it is about; its verb only where there is nothing else. */
export function subjectOf(toolName: string): string[] {
  const words = meanings(nameWords(toolName).join(" "));
  const nouns = words.filter(
    (word, index) => !(VERBS.has(word) || (index === 0 && effectOf(toolName) !== undefined)),
  );
  return nouns.length === 0 ? words : nouns;
}

/** The row of effect words that a tool's name begins with; undefined for one that only reads. */
export function effectOf(toolName: string): ReadonlySet<string> | undefined {
  const first = nameWords(toolName)[0];
  return first === undefined ? undefined : EFFECTS.find((row) => row.has(stem(first)));
}

/** Whether a clause asks for the effect: by one of its words, or by "e-mail …" as an order. */
export function asksFor(effect: ReadonlySet<string>, clause: string): boolean {
  const words = rawWords(clause);
  if (words.some((word) => effect.has(stem(word)))) return true;
  const command = words.find((word) => word !== "please" && word !== "then" && word !== "and");
  return effect.has("send") && (command === "email" || command === "mail");
}

export function meaning(word: string): string {
  const stemmed = stem(word);
  return MEANINGS.get(stemmed) ?? stemmed;
}

function rawWords(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replace(/\be-mail/g, "email")
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

function stem(word: string): string {
  let root = word;
  if (root.length > 4 && /(ies|ied)$/.test(root)) root = `${root.slice(0, -3)}y`;
  else if (root.length > 5 && root.endsWith("ing")) root = root.slice(0, -3);
  else if (root.length > 4 && root.endsWith("ed")) root = root.slice(0, -2);
  else if (root.length > 4 && /(s|x|z|ch|sh)es$/.test(root)) root = root.slice(0, -2);
  else if (root.length > 3 && /[^s]s$/.test(root)) root = root.slice(0, -1);
  if (root.length > 4 && root.endsWith("e")) root = root.slice(0, -1);
  return root;
}
