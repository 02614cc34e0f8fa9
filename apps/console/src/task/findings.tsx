/** What a reader should not miss, above the timeline; each leads to its place in it. */
import { duration } from "../text/format.ts";
import type { MarkRow, Timeline } from "./timeline-model.ts";

const MOST_SHOWN = 6;

export function Findings({ timeline, onShow }: { timeline: Timeline; onShow: (seq: number) => void }) {
  const { findings, startMs } = timeline;
  if (findings.length === 0) return null;
  // The last ones tell how it came to where it is.
  const shown = findings.slice(-MOST_SHOWN);
  return (
    <section className="findings" aria-label="Findings">
      {findings.length > shown.length ? (
        <p className="faint">{findings.length - shown.length} earlier ones stand in the timeline.</p>
      ) : null}
      <ul>
        {shown.map((finding: MarkRow) => (
          <li key={finding.seq}>
            <button type="button" data-tone={finding.tone} onClick={() => onShow(finding.seq)}>
              <span className="number faint">+{duration(finding.startMs - startMs)}</span>
              <b>{finding.title}</b>
              <span className="cut soft">{finding.text}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
