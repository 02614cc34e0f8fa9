// The tools every agent can name without anybody defining them.

import type { Tool } from "../define-tool.ts";
import { calculator } from "./calculator.ts";
import { currentTime } from "./current-time.ts";
import { fetchUrl } from "./fetch-url.ts";
import { readDocument } from "./read-document.ts";

export const builtInTools: readonly Tool[] = [calculator, currentTime, fetchUrl, readDocument];
