/** Sends text to followers as it is being written: gathered for a moment, never waited for, never kept. */
import { publishText, type Store } from "@pawl/store";

const GATHER_MS = 50; // fast enough to read along, slow enough to cost Redis little

export function textStream(
  store: Store,
  tenant: string,
  task: string,
  onError: (error: unknown) => void,
): { write: (text: string) => void; flush: () => void } {
  let gathered = "";
  let sent = false;
  let timer: NodeJS.Timeout | undefined;
  const send = () => {
    timer = undefined;
    if (gathered === "") return;
    publishText(store, tenant, task, gathered).catch(onError);
    gathered = "";
    sent = true;
  };
  return {
    write(text) {
      gathered += text;
      timer ??= setTimeout(send, GATHER_MS);
    },
    flush() {
      clearTimeout(timer);
      timer = undefined;
      // A reply that is over so soon is in the journal before anybody could read along.
      if (sent) send();
      gathered = "";
      sent = false;
    },
  };
}
