/** A count that one of the watches arrived at, and the ladder it is measured by. */
import type { LoopRule } from "@pawl/protocol";
import type { Ladder } from "./loop-policy.ts";

export type Finding = {
  readonly rule: LoopRule;
  readonly count: number;
  /** null: the turn says nothing either way. */
  readonly ladder: Ladder | null;
  /** Missing where it is about no call. */
  readonly tool?: string;
  readonly period?: number;
  /** The turn from which on nothing was of use. */
  readonly sinceTurn: number;
};
