/** A state as people see it everywhere: a colour, a sign and a word. */
import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CirclePause,
  CircleX,
  Hourglass,
  LoaderCircle,
  type LucideIcon,
} from "lucide-react";
import { words } from "../text/format.ts";

const signs: Readonly<Record<string, LucideIcon>> = {
  queued: CircleDashed,
  running: LoaderCircle,
  active: LoaderCircle,
  waiting: Hourglass,
  pending: Hourglass,
  completed: CircleCheck,
  delivered: CircleCheck,
  stopped: CirclePause,
  failed: CircleX,
  cancelled: Ban,
};

export function State({ state, note }: { state: string; note?: string | null }) {
  const Sign = signs[state] ?? CircleDot;
  return (
    <span className="state" data-state={state}>
      <Sign size={13} strokeWidth={2.2} aria-hidden />
      {words(state)}
      {note ? <span> · {words(note)}</span> : null}
    </span>
  );
}
