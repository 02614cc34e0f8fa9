/**
 * What stands before a number says what it is. Only what stands before is read, never what follows: a stream cannot
 * wait for it. The reach is bounded, so reading it for every candidate stays linear.
 */

/** How far back a word still speaks for a number; a stream keeps as much of what it has let go. */
export const REACH_CHARS = 64;

export function before(text: string, at: number, reachChars: number = REACH_CHARS): string {
  return text.slice(Math.max(0, at - reachChars), at);
}

/** Digits that stand for something else when one of these is the last word before them. */
const otherNumber =
  /(?:\b(?:order|invoice|bill|ref|reference|ticket|track|tracking|sku|upc|ean|gtin|isbn|issn|doi|imei|serial|version|build|release|case|item|part|model|article|batch|lot|po|zip|postcode|id|ids|uuid|txn|transaction|receipt|booking|reservation|flight|policy|claim|commit|revision|rev|page|pages|chapter|section|port|pid|code|otp|pin|amount|total|sum|price|cost|balance|quantity|qty|population|bestellung|rechnung|auftrag|kunde|commande|facture|pedido|factura|fattura|ordine|zamówienie)(?:s|nummer|snummer)?(?:\s{1,2}(?:number|num|no|nr|id|code|n[°º]))?\.?|[#§$€£¥₹]|\b(?:usd|eur|gbp|rs|v))[\s:=#(“"'-]{0,4}$/iu;

export function namesOtherNumber(text: string, at: number): boolean {
  return otherNumber.test(before(text, at, 40));
}
