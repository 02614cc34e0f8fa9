/** One row of the timeline: what it was, when, how long, for how much. All of it is one button that tells more. */
import {
  Bot,
  CircleAlert,
  CircleCheck,
  Hourglass,
  Info,
  LifeBuoy,
  type LucideIcon,
  OctagonPause,
  OctagonX,
  Wrench,
} from "lucide-react";
import { duration, shortCount, usd, words } from "../text/format.ts";
import { oneLine } from "../text/inert-text.ts";
import type { Tone } from "./mark-words.ts";
import type { View } from "./overview-strip.tsx";
import type { Piece } from "./time-scale.ts";
import { type Row, turnTitle } from "./timeline-model.ts";

const toneSigns: Readonly<Record<Tone, LucideIcon>> = {
  plain: Info,
  good: CircleCheck,
  waiting: CircleAlert,
  stopped: OctagonPause,
  failed: OctagonX,
  survived: LifeBuoy,
};

export function TimelineRow(props: {
  row: Row;
  index: number;
  topPx: number;
  /** In percent of the lane; may lie outside of it. */
  left: number;
  right: number;
  tookMs: number;
  folds: readonly Piece[];
  view: View;
  isSelected: boolean;
  onSelect: (seq: number | null) => void;
}) {
  const { row, index, topPx, left, right, tookMs, folds, view, isSelected, onSelect } = props;
  const { Sign, title, note } = namesOf(row);
  const outcome = "outcome" in row ? row.outcome : undefined;
  const tone = row.kind === "mark" ? row.tone : undefined;
  const isMark = row.kind === "mark";
  return (
    <li style={{ transform: `translateY(${topPx}px)` }}>
      <button
        type="button"
        data-row={index}
        data-kind={row.kind}
        data-tone={tone}
        data-outcome={outcome}
        aria-pressed={isSelected}
        onClick={() => onSelect(isSelected ? null : row.seq)}
      >
        <span className="label">
          <Sign size={14} aria-hidden />
          <span className="name">{title}</span>
          <span className="cut soft note">{note}</span>
        </span>
        <span className="lane">
          {folds.map((piece) =>
            piece.isFolded && piece.to > view.from && piece.from < view.to ? (
              <span
                key={piece.fromMs}
                className="fold"
                style={{
                  left: `${((piece.from - view.from) / (view.to - view.from)) * 100}%`,
                  width: `${((piece.to - piece.from) / (view.to - view.from)) * 100}%`,
                }}
              />
            ) : null,
          )}
          {right < 0 || left > 100 ? null : isMark ? (
            <span className="diamond" style={{ left: `clamp(7px, ${left}%, calc(100% - 8px))` }} />
          ) : (
            <span
              className="bar"
              data-open={row.endMs === null || undefined}
              style={{ left: `${Math.max(0, left)}%`, width: `${Math.min(100, right) - Math.max(0, left)}%` }}
            />
          )}
        </span>
        <span className="took number">{isMark ? "" : duration(tookMs)}</span>
        <span className="tokens number soft">
          {row.kind === "turn" && row.outcome === "answered" ? (
            <>
              {shortCount(row.tokensIn)} <span className="faint">/</span> {shortCount(row.tokensOut)}
            </>
          ) : null}
        </span>
        <span className="cost number">{costOf(row)}</span>
      </button>
    </li>
  );
}

function namesOf(row: Row): { Sign: LucideIcon; title: string; note: string } {
  switch (row.kind) {
    case "turn": {
      const title = turnTitle(row);
      const open =
        row.outcome === "open" ? "is asked…" : row.outcome === "lost" ? "lost with its worker" : row.text;
      return { Sign: Bot, title, note: row.outcome === "failed" ? `failed: ${row.text}` : open };
    }
    case "call": {
      const note = row.outcome === "lost" ? "lost with its worker" : row.text;
      return {
        Sign: Wrench,
        title: oneLine(row.tool, 40),
        note: row.outcome === "failed" ? `failed: ${note}` : note,
      };
    }
    case "wait":
      return {
        Sign: Hourglass,
        title: row.wait === "queue" ? "In the queue" : `Waiting for ${words(row.wait)}`,
        note: row.text,
      };
    case "mark":
      return { Sign: toneSigns[row.tone], title: row.title, note: row.text };
    default:
      return row satisfies never;
  }
}

function costOf(row: Row): string {
  if (row.kind === "turn") {
    if (row.outcome === "open") return `≤ ${usd(row.costUsd)}`;
    return `${row.isUnconfirmed ? "≤ " : ""}${usd(row.costUsd)}`;
  }
  return row.kind === "call" && row.costUsd > 0 ? usd(row.costUsd) : "";
}
