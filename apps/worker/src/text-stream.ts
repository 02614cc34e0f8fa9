/**
 * Sends the text of a reply to followers as it is being written: gathered for a moment, redacted, never waited for, never
 * kept.
 */
import type { LiveText, OpenLiveText } from "@pawl/agent";
import { publishText, type Store } from "@pawl/store";

const GATHER_MS = 50; // fast enough to read along, slow enough to cost Redis little

export type TextStreamOf = {
  store: Store;
  tenant: string;
  task: string;
  /** What every text passes before it leaves. */
  redactor: Parameters<OpenLiveText>[0];
};

export function textStream(
  { store, tenant, task, redactor }: TextStreamOf,
  onError: (error: unknown) => void,
): LiveText {
  let gathered = "";
  let began = false;
  let timer: NodeJS.Timeout | undefined;
  const publish = (text: string) => {
    if (text !== "") publishText(store, tenant, task, text).catch(onError);
  };
  const take = () => {
    timer = undefined;
    began = true;
    const text = redactor?.write(gathered) ?? gathered;
    gathered = "";
    return text;
  };
  return {
    write(text) {
      gathered += text;
      timer ??= setTimeout(() => publish(take()), GATHER_MS);
    },
    flush() {
      clearTimeout(timer);
      // A reply that is over so soon is in the journal before anybody could read along.
      if (began) publish(take() + (redactor?.end() ?? ""));
    },
  };
}
