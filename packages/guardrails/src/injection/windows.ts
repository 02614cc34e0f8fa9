/**
 * Windows over a text's tokens, in four or five sizes, each half over the next. A short text is one window; an attack of
 * one sentence fills a small window however long its document is; a long persona fills a large one.
 */
export const WINDOW_TOKENS: readonly number[] = [24, 64, 160, 480];
/** In a document the few words that turn to the model stand beside those they are buried in. */
export const DOCUMENT_WINDOW_TOKENS: readonly number[] = [12, ...WINDOW_TOKENS];

export interface Window {
  /** Which of the sizes. */
  scale: number;
  from: number;
  until: number;
}

export const cutWindows = (tokenCount: number, sizes: readonly number[]): Window[] => {
  const windows: Window[] = [];
  for (const [scale, size] of sizes.entries()) {
    if (scale > 0 && tokenCount <= (sizes[scale - 1] ?? 0)) break;
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
