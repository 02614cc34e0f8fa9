import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{apps,packages,examples,test,bench,eval}/**/*.test.ts"],
    // Finds or fetches the Redis program once, so that every file can start a server of its own in no time.
    globalSetup: "./test/support/global-setup.ts",
    pool: "forks",
    // One file a core: most of a file's time is spent waiting for the processes that it started.
    maxWorkers: "100%",
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
