/** Room for a table that may be wider than the screen: it scrolls by itself, by keys as well. */
import type { ReactNode } from "react";

export function WideTable({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no pointer scrolls it by the arrow keys
    <section className="scroll-x" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
