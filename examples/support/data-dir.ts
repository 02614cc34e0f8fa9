// Where the example keeps what its tools write. Read when a tool runs, never at import.

export function dataDir(): string {
  return process.env.PAWL_DATA_DIR || ".pawl";
}
