/**
 * Says a line once, and while it comes again and again only how often: an outage would otherwise fill the screen with one
 * sentence. Every line is in the log file anyway.
 */

const QUIET_MS = 30_000;

export function quietRepeats(say: (line: string) => void, nowMs: () => number): (line: string) => void {
  const seen = new Map<string, { saidMs: number; passedOver: number }>();
  return (line) => {
    const at = nowMs();
    for (const [text, { saidMs }] of seen) if (at - saidMs > QUIET_MS * 10) seen.delete(text);
    const before = seen.get(line);
    if (before !== undefined && at - before.saidMs < QUIET_MS) {
      before.passedOver += 1;
      return;
    }
    seen.set(line, { saidMs: at, passedOver: 0 });
    const often = before?.passedOver ?? 0;
    say(often === 0 ? line : `${line} (and ${often} times more since)`);
  };
}
