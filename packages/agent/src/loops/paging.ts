/** Whether an argument only says which part of the same listing is wanted. */
import { wordsOfName } from "./words-of-name.ts";

const PAGING = new Set(
  (
    "page cursor offset skip after before marker continuation continue next position line lines chunk scroll " +
    "bookmark since checkpoint seq sequence"
  ).split(" "),
);
const SIZE = new Set("limit size count top max first last per num rows take batch".split(" "));
const PAGE_OF_URL = /([?&](page|p|offset|start|cursor|after|skip|from)=)[^&#]*|(\/page\/)\d+/g;

export function isPaging(name: string, isNumber: boolean): boolean {
  const words = wordsOfName(name);
  if (words.some((word) => PAGING.has(word) || SIZE.has(word))) return true;
  return (
    isNumber && words.some((word) => word === "start" || word === "end" || word === "from" || word === "to")
  );
}

/** An address without the page it names; undefined where it names none. */
export function addressOfListing(address: string): string | undefined {
  const listing = address.replace(PAGE_OF_URL, "$1$3");
  return listing === address ? undefined : listing;
}
