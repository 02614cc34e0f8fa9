/** The journal as it is: every event, in order, with its data. */
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";
import type { EventView } from "../api/shapes.ts";
import { duration, moment } from "../text/format.ts";
import { inertText, oneLine } from "../text/inert-text.ts";

const ROW_PX = 28;

export function RawEvents({ events }: { events: readonly EventView[] }) {
  const list = useRef<HTMLOListElement>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  useLayoutEffect(() => setScrollMargin(topOf(list.current)), []);
  const rows = useWindowVirtualizer({
    count: events.length,
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollMargin,
  });
  const startMs = events[0] === undefined ? 0 : Date.parse(events[0].at);
  return (
    <ol ref={list} className="raw" style={{ height: rows.getTotalSize() }}>
      {rows.getVirtualItems().map(({ index, start }) => {
        const event = events[index];
        if (event === undefined) return null;
        const isOpen = open.has(event.seq);
        const toggle = () => {
          const next = new Set(open);
          if (!next.delete(event.seq)) next.add(event.seq);
          setOpen(next);
        };
        return (
          <li
            key={event.seq}
            data-index={index}
            ref={rows.measureElement}
            style={{ transform: `translateY(${start - scrollMargin}px)` }}
          >
            <button type="button" aria-expanded={isOpen} onClick={toggle}>
              <span className="number faint">{event.seq}</span>
              <span className="number soft" title={moment(event.at)}>
                +{duration(Date.parse(event.at) - startMs)}
              </span>
              <span className="mono">{oneLine(event.type, 60)}</span>
              <span className="cut faint mono">{oneLine(JSON.stringify(event.data), 300)}</span>
            </button>
            {isOpen ? <pre>{inertText(JSON.stringify(event, null, 2))}</pre> : null}
          </li>
        );
      })}
    </ol>
  );
}

/** How far below the top of the document an element stands. */
export function topOf(element: HTMLElement | null): number {
  return element === null ? 0 : element.getBoundingClientRect().top + window.scrollY;
}
