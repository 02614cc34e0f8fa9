/** The whole task in one strip; drawing over a stretch of it zooms in, a double press shows all again. */
import { type PointerEvent, useMemo, useRef, useState } from "react";
import type { TimeScale } from "./time-scale.ts";
import type { Row } from "./timeline-model.ts";

export type View = { from: number; to: number };
export const WHOLE: View = { from: 0, to: 1 };

const WIDTH = 1_000;
const LEAST_SHARE = 0.002;

export function OverviewStrip(props: {
  rows: readonly Row[];
  scale: TimeScale;
  endMs: number;
  view: View;
  onView: (view: View) => void;
}) {
  const { rows, scale, endMs, view, onView } = props;
  const strip = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState<View | null>(null);
  const paths = useMemo(() => pathsOf(rows, scale, endMs), [rows, scale, endMs]);
  const at = (event: PointerEvent) => {
    const box = strip.current?.getBoundingClientRect();
    return box === undefined ? 0 : Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const shown = drawn === null ? view : ordered(drawn);
  return (
    <div
      ref={strip}
      className="overview"
      aria-hidden
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrawn({ from: at(event), to: at(event) });
      }}
      onPointerMove={(event) => (drawn === null ? undefined : setDrawn({ ...drawn, to: at(event) }))}
      onPointerUp={() => {
        if (drawn !== null && Math.abs(drawn.to - drawn.from) > LEAST_SHARE) onView(ordered(drawn));
        setDrawn(null);
      }}
      onDoubleClick={() => onView(WHOLE)}
    >
      <svg viewBox={`0 0 ${WIDTH} 30`} preserveAspectRatio="none" width="100%" height="30" aria-hidden="true">
        {Object.entries(paths).map(([kind, path]) => (
          <path key={kind} d={path} data-kind={kind} />
        ))}
      </svg>
      <span className="outside" style={{ left: 0, width: `${shown.from * 100}%` }} />
      <span className="outside" style={{ right: 0, width: `${(1 - shown.to) * 100}%` }} />
    </div>
  );
}

function ordered({ from, to }: View): View {
  return from <= to ? { from, to } : { from: to, to: from };
}

/** One path for each kind, however many rows there are: model above, tools below, the rest between. */
function pathsOf(rows: readonly Row[], scale: TimeScale, endMs: number): Record<string, string> {
  const paths: Record<string, string> = { wait: "", turn: "", call: "", lost: "", mark: "" };
  const lanes: Record<string, [number, number]> = {
    wait: [13, 4],
    turn: [4, 9],
    call: [17, 9],
    lost: [4, 9],
    mark: [1, 28],
  };
  for (const row of rows) {
    const isBad =
      (row.kind === "turn" || row.kind === "call") && (row.outcome === "lost" || row.outcome === "failed");
    const kind = isBad ? "lost" : row.kind;
    if (kind === "mark" && (row.kind !== "mark" || row.tone === "plain" || row.tone === "good")) continue;
    const from = scale.at(row.startMs) * WIDTH;
    const width = Math.max(1.2, scale.at(row.endMs ?? endMs) * WIDTH - from);
    const [top, height] = lanes[kind] ?? [0, 0];
    paths[kind] += `M${from.toFixed(1)} ${top}h${width.toFixed(1)}v${height}h${(-width).toFixed(1)}z`;
  }
  return paths;
}
