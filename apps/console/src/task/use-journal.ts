/** A task's journal in the browser: all there is, then live, until its end; and on again when it is resumed. */
import { useCallback, useEffect, useRef, useState } from "react";
import { followEvents } from "../api/event-stream.ts";
import type { ApiProblem } from "../api/request.ts";
import type { EventView } from "../api/shapes.ts";

export type Journal = {
  events: readonly EventView[];
  /** What the model is writing at this moment; it is in the journal once it is whole. */
  draft: string;
  state: "opening" | "live" | "lost" | "ended";
  problem: ApiProblem | null;
};

const EMPTY: Journal = { events: [], draft: "", state: "opening", problem: null };

export function useJournal(task: string): Journal & { goOn: () => void } {
  const [journal, setJournal] = useState<Journal>(EMPTY);
  const [round, setRound] = useState(0);
  const seq = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round follows anew from where the last one ended
  useEffect(() => {
    const gone = new AbortController();
    const change = (next: Partial<Journal> | ((now: Journal) => Journal)) => {
      if (!gone.signal.aborted)
        setJournal((now) => (typeof next === "function" ? next(now) : { ...now, ...next }));
    };
    void followEvents(
      task,
      seq.current,
      {
        onEvents(events) {
          seq.current = events.at(-1)?.seq ?? seq.current;
          const isAnswer = events.some(({ type }) => type !== "model.requested");
          change((now) => ({
            ...now,
            events: [...now.events, ...events],
            draft: isAnswer ? "" : now.draft,
          }));
        },
        onText: (text) => change((now) => ({ ...now, draft: now.draft + text })),
        onState: (state) => change({ state }),
        onProblem: (problem) => change({ problem }),
      },
      gone.signal,
    );
    return () => gone.abort();
  }, [task, round]);
  const goOn = useCallback(() => setRound((now) => now + 1), []);
  return { ...journal, goOn };
}
