/** A labelled text for training: where it comes from, and for an attack inside a document, where it stands. */
export interface Row {
  text: string;
  /** 1: an attack. */
  label: 0 | 1;
  /** What is left out together when a source is held out. */
  source: string;
  /** UTF-16 offsets of the attack; missing: the text as a whole. */
  start?: number;
  end?: number;
}
