/**
 * The timeline: one row for each turn, call, wait and mark, all on one axis of time. Only rows in sight exist. The
 * strip above shows the whole; a stretch of it that is drawn over becomes what the rows show.
 */
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { Maximize2, ScanSearch, ZoomIn, ZoomOut } from "lucide-react";
import {
  type KeyboardEvent,
  useDeferredValue,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { useSearchParams } from "wouter";
import type { EventView } from "../api/shapes.ts";
import { duration } from "../text/format.ts";
import { Findings } from "./findings.tsx";
import { OverviewStrip, type View, WHOLE } from "./overview-strip.tsx";
import { topOf } from "./raw-events.tsx";
import { StepDetails } from "./step-details.tsx";
import { ticksOf, timeScale } from "./time-scale.ts";
import type { Timeline } from "./timeline-model.ts";
import { TimelineRow } from "./timeline-row.tsx";

const ROW_PX = 32;
const NARROW_ROW_PX = 52;
const FRAME_MS = 250;
const TICKS = 7;
const NARROW_TICKS = 4;
const narrow = matchMedia("(max-width: 760px)");

export function TimelineChart(props: { timeline: Timeline; events: readonly EventView[]; draft: string }) {
  const { timeline, events, draft } = props;
  const nowMs = useFrame(!timeline.isOver && events.length > 0);
  const isNarrow = useSyncExternalStore(onNarrow, () => narrow.matches);
  const [search, setSearch] = useSearchParams();
  const [fold, setFold] = useState(true);
  const [view, setView] = useState<View>(WHOLE);
  const shownView = useDeferredValue(view);
  const { rows, startMs } = timeline;
  const endMs = timeline.isOver ? timeline.endMs : Math.max(timeline.endMs, nowMs);
  const scale = useMemo(() => {
    // A wait is idle time, and may be folded; whoever waits for a worker for a moment is not.
    const busy = rows.filter(({ kind }) => kind === "turn" || kind === "call" || kind === "mark");
    const spans = busy.map((row) => ({ startMs: row.startMs, endMs: row.endMs ?? endMs }));
    return timeScale(spans, { startMs, endMs, fold });
  }, [rows, startMs, endMs, fold]);
  const ticks = ticksOf(scale, startMs, shownView, isNarrow || search.has("step") ? NARROW_TICKS : TICKS);

  const list = useRef<HTMLOListElement>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  useLayoutEffect(() => setScrollMargin(topOf(list.current)));
  const rowPx = isNarrow ? NARROW_ROW_PX : ROW_PX;
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowPx,
    overscan: 10,
    scrollMargin,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height are measured anew
  useEffect(() => {
    virtual.measure();
  }, [virtual, rowPx]);

  const selected = Number(search.get("step") ?? 0);
  const select = (seq: number | null) =>
    setSearch(
      (now) => {
        const next = new URLSearchParams(now);
        if (seq === null) next.delete("step");
        else next.set("step", String(seq));
        return next;
      },
      { replace: true },
    );
  const selectedRow = rows.find(({ seq }) => seq === selected);
  const show = (seq: number) => {
    const index = rows.findIndex((row) => row.seq === seq);
    if (index >= 0) virtual.scrollToIndex(index, { align: "center" });
    select(seq);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key === "Escape") select(null);
    const focused = Number((event.target as HTMLElement).dataset.row ?? -1);
    if (step === 0 || focused < 0) return;
    event.preventDefault();
    const next = Math.min(rows.length - 1, Math.max(0, focused + step));
    virtual.scrollToIndex(next);
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-row="${next}"]`)?.focus());
  };
  const zoomToRows = () => {
    const shown = virtual.getVirtualItems().flatMap(({ index }) => rows[index] ?? []);
    const from = Math.min(...shown.map((row) => scale.at(row.startMs)));
    const to = Math.max(...shown.map((row) => scale.at(row.endMs ?? endMs)));
    if (to > from) setView({ from, to });
  };
  const zoom = (factor: number) => setView((now) => zoomed(now, factor));

  return (
    <div className="timeline" data-details={selectedRow === undefined ? undefined : true}>
      <div className="chart">
        <Findings timeline={timeline} onShow={show} />
        <div className="toolbar">
          <Legend />
          <div className="row zoom">
            {scale.hasFolds || !fold ? (
              <label className="check">
                <input type="checkbox" checked={fold} onChange={(event) => setFold(event.target.checked)} />
                Fold idle time
              </label>
            ) : null}
            <button
              type="button"
              className="button icon small"
              aria-label="Zoom in"
              onClick={() => zoom(0.5)}
            >
              <ZoomIn size={14} aria-hidden />
            </button>
            <button type="button" className="button icon small" aria-label="Zoom out" onClick={() => zoom(2)}>
              <ZoomOut size={14} aria-hidden />
            </button>
            <button type="button" className="button small" onClick={zoomToRows}>
              <ScanSearch size={14} aria-hidden />
              Rows in sight
            </button>
            <button
              type="button"
              className="button icon small"
              aria-label="Show all"
              onClick={() => setView(WHOLE)}
            >
              <Maximize2 size={14} aria-hidden />
            </button>
          </div>
        </div>
        <OverviewStrip rows={rows} scale={scale} endMs={endMs} view={view} onView={setView} />
        <div className="axis" aria-hidden>
          <span className="label">Step</span>
          <div className="lane">
            {ticks.map(({ at, ms }) => (
              <span key={ms} style={{ left: `${share(at, shownView)}%` }}>
                {duration(ms)}
              </span>
            ))}
          </div>
          <span className="took">Time</span>
          <span className="tokens">Tokens in / out</span>
          <span className="cost">Cost</span>
        </div>
        {/* Keys move between the rows' buttons, which are what has the focus. */}
        <ol ref={list} className="rows" style={{ height: virtual.getTotalSize() }} onKeyDown={onKeyDown}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (row === undefined) return null;
            return (
              <TimelineRow
                key={`${row.kind}${row.seq}`}
                row={row}
                index={index}
                topPx={start - scrollMargin}
                left={share(scale.at(row.startMs), shownView)}
                right={share(scale.at(row.endMs ?? endMs), shownView)}
                tookMs={(row.endMs ?? endMs) - row.startMs}
                folds={scale.pieces}
                view={shownView}
                isSelected={row.seq === selected}
                onSelect={select}
              />
            );
          })}
        </ol>
      </div>
      {selectedRow === undefined ? null : (
        <StepDetails
          row={selectedRow}
          events={events}
          draft={draft}
          startMs={startMs}
          onClose={() => select(null)}
        />
      )}
    </div>
  );
}

/** Where a place on the whole axis stands in the view, in percent of its width. */
function share(at: number, view: View): number {
  return ((at - view.from) / (view.to - view.from)) * 100;
}

function zoomed({ from, to }: View, factor: number): View {
  const middle = (from + to) / 2;
  const half = Math.min(0.5, ((to - from) / 2) * factor);
  const left = Math.min(1 - 2 * half, Math.max(0, middle - half));
  return { from: left, to: left + 2 * half };
}

function onNarrow(listener: () => void): () => void {
  narrow.addEventListener("change", listener);
  return () => narrow.removeEventListener("change", listener);
}

/** The present, four times a second while there is something that goes on. */
function useFrame(isLive: boolean): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (!isLive) return;
    const timer = setInterval(() => setNowMs(Date.now()), FRAME_MS);
    return () => clearInterval(timer);
  }, [isLive]);
  return nowMs;
}

function Legend() {
  return (
    <ul className="legend">
      <li data-kind="turn">model</li>
      <li data-kind="call">tool</li>
      <li data-kind="wait">waiting</li>
      <li data-kind="lost">lost or failed</li>
    </ul>
  );
}
