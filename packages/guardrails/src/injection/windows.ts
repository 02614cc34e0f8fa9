/**
 * Windows over a text's tokens, in four sizes, each half over the next. A short text is one window; an attack of one
 * sentence fills a small window however long its document is; a long persona fills a large one.
 */
export const WINDOW_TOKENS = [24, 64, 160, 480] as const;

export interface Window {
  /** Which of `WINDOW_TOKENS`. */
  scale: number;
  from: number;
  until: number;
}

export const cutWindows = (tokenCount: number): Window[] => {
  const windows: Window[] = [];
  for (const [scale, size] of WINDOW_TOKENS.entries()) {
    if (scale > 0 && tokenCount <= (WINDOW_TOKENS[scale - 1] ?? 0)) break;
    if (tokenCount <= size) {
      windows.push({ scale, from: 0, until: tokenCount });
      break;
    }
    const step = size / 2;
    for (let from = 0; from + step < tokenCount; from += step)
      windows.push({ scale, from, until: Math.min(from + size, tokenCount) });
  }
  return windows;
};
