/** Sends text to followers as it is being written: gathered for a moment, never waited for, never kept. */
import { publishText, type Store } from "@pawl/store";

const GATHER_MS = 50; // fast enough to read along, slow enough to cost Redis little

export function textStream(
  store: Store,
  tenant: string,
  task: string,
  onError: (error: unknown) => void,
): { write: (text: string) => void; end: () => void } {
  let gathered = "";
  let timer: NodeJS.Timeout | undefined;
  const send = () => {
    timer = undefined;
    const text = gathered;
    gathered = "";
    publishText(store, tenant, task, text).catch(onError);
  };
  return {
    write(text) {
      gathered += text;
      timer ??= setTimeout(send, GATHER_MS);
    },
    end: () => clearTimeout(timer),
  };
}
