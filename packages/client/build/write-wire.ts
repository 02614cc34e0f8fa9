/** `npm run generate -w @pawl/client`. */
import { writeFile } from "node:fs/promises";
import { wireText } from "./wire-text.ts";

await writeFile(new URL("../src/wire.ts", import.meta.url), wireText());
