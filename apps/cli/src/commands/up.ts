/** `pawl up`: what `npm start` does. */

import { defineCommand } from "../command-line/command.ts";
import { openScreen } from "../up/screen.ts";

export const upCommand = defineCommand({
  name: "up",
  about: "Start Redis, the api and a worker here, and serve until Ctrl-C; what `npm start` does.",
  asksApi: false,
  options: {
    watch: { type: "flag", about: "Restart what changed, and show the logs; what `npm run dev` does." },
  },
  examples: [
    { about: "Everything, on port 3000 or a free one", line: "pawl up" },
    { about: "Another port, and while you write your agents", line: "PORT=8080 pawl up --watch" },
  ],
  async run({ out, env, root, signal, options: { watch } }) {
    // All of it is loaded only for this: the other commands shall answer at once.
    const { up } = await import("../up.ts");
    const screen = openScreen(out);
    try {
      return await up({ root, env, watch, ...screen, signal });
    } finally {
      screen.close();
    }
  },
});
