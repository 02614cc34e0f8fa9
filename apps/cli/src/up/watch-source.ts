/**
 * Calls back when the source of a running process changes, once per burst of changes.
 * Whole folders are watched, not only what is imported now: a new file counts, too.
 */
import { existsSync, type FSWatcher, watch } from "node:fs";
import { join } from "node:path";

const FOLDERS = [
  "apps/api/src",
  "apps/worker/src",
  "apps/simulator/src",
  "apps/console/src",
  "packages",
  "examples",
];
const QUIET_MS = 200;

/** `onChange` gets the paths, relative to the root. Returns the function that ends the watch. */
export function watchSource(root: string, onChange: (paths: string[]) => void): () => void {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const note = (path: string) => {
    if (!isSource(path)) return;
    changed.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const paths = [...changed];
      changed.clear();
      onChange(paths);
    }, QUIET_MS);
  };
  const watchers: FSWatcher[] = FOLDERS.filter((folder) => existsSync(join(root, folder))).map((folder) =>
    watch(join(root, folder), { recursive: true }, (_, name) => note(join(folder, name ?? ""))),
  );
  watchers.push(watch(root, (_, name) => note(name ?? "")));
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

function isSource(path: string): boolean {
  if (path.includes("node_modules") || /\.test\.tsx?$/.test(path)) return false;
  return /\.(tsx?|css|lua|json)$/.test(path) && !/^(package-lock|tsconfig|biome|turbo)\.json$/.test(path);
}
