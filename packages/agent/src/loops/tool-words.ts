/** What a tool's name gives away where nothing else is declared. */
import type { ToolLoopPolicy } from "./loop-policy.ts";
import { wordsOfName } from "./words-of-name.ts";

const words = (list: string) => new Set(list.split(" "));

const READS = words(
  "get list search find query fetch read lookup look check show describe browse view grep scan inspect count select " +
    "retrieve ask navigate poll wait watch cat ls head status web crawl scrape explore discover visit calculate " +
    "calculator calc current resolve verify validate compare test tests diff explain summarize summarise analyze report",
);
const CREATES = words("create send post add insert submit book notify publish charge refund email");
const ACTS = words(
  "write edit update delete remove set put patch apply replace move rename attach save label assign approve cancel " +
    "close open start stop deploy commit push merge reserve release acquire install execute upload import register " +
    "mark upsert schedule archive grant revoke transfer pay run build make restart reset undo redo git",
);
const SHELLS = words("bash shell sh exec terminal command cmd console");
const READING_COMMAND =
  /^\s*(cd \S+ && )?(grep|rg|ag|ack|ls|cat|find|head|tail|less|wc|tree|stat|which|pwd|echo|ps|df|du|env|curl -s \S+$|git (status|log|diff|show|grep|blame|branch)|sed -n|awk|jq)\b/;
const BLIND = words("scroll press click swipe step advance tick sleep wait key tap forward back hover type");

/** Longer than what merely says that it was done. */
const TELLING_CHARS = 60;

/** Whether a call is meant to change the world, by what is declared, its name, its command, or how little it tells. */
export function actsOnWorld(
  tool: string,
  args: unknown,
  told: string,
  policy: ToolLoopPolicy | undefined,
): boolean {
  if (policy?.effect !== undefined) return policy.effect !== "read";
  const name = wordsOfName(tool);
  if (name.some((word) => SHELLS.has(word))) return !READING_COMMAND.test(commandOf(args));
  if (name.some((word) => READS.has(word))) return false;
  if (name.some((word) => CREATES.has(word) || ACTS.has(word))) return true;
  return told.length < TELLING_CHARS;
}

/** Whether each success makes something new, whose id is then no news. */
export function createsThings(tool: string): boolean {
  const name = wordsOfName(tool);
  return CREATES.has(name[0] ?? "") || CREATES.has(name.at(-1) ?? "");
}

/** Whether the same call again may well do something, and its result would not show it. */
export function actsBlindly(tool: string): boolean {
  return wordsOfName(tool).some((word) => BLIND.has(word));
}

function commandOf(args: unknown): string {
  if (typeof args === "string") return args;
  if (typeof args !== "object" || args === null) return "";
  return Object.values(args).find((value) => typeof value === "string") ?? "";
}
