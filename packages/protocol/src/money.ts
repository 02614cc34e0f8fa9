/**
 * Money is an integer number of nano-dollars everywhere inside; a decimal `usd` exists on the wire only.
 * 2^53 nano-dollars are about nine million dollars: more than any account here may hold.
 */
import { z } from "zod";

export const NANO_PER_USD = 1_000_000_000;
export const MAX_USD = 1_000_000;

/** An amount of nano-dollars: a whole number, never negative, exactly representable. */
export const NanoUsd = z.int().nonnegative();

export function usdFromNano(nanoUsd: number): number {
  return nanoUsd / NANO_PER_USD;
}

export const SpendingKind = z.enum(["model", "embedding", "tool"]);
export type SpendingKind = z.infer<typeof SpendingKind>;

/** What money was spent on: the kind, and the model's or tool's name. */
export type SpentOn = { kind: SpendingKind; name: string };

/** Rounds down to whole nano-dollars, so that a limit is never more than what was asked for. */
export function nanoFromUsd(usd: number): number {
  const nearest = Math.round(usd * NANO_PER_USD);
  return nearest / NANO_PER_USD > usd ? nearest - 1 : nearest;
}

/** `{held_nano_usd: 1500}` → `{held_usd: 0.0000015}`, at any depth: what leaves for the wire. */
export function moneyOnTheWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moneyOnTheWire);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) =>
      name.endsWith("_nano_usd") && typeof member === "number"
        ? [name.replace(/_nano_usd$/, "_usd"), usdFromNano(member)]
        : [name, moneyOnTheWire(member)],
    ),
  );
}
