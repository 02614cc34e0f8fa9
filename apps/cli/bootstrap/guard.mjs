/**
 * Loaded before a child's own code (`node --import`): ends the child at once when its parent is gone, even
 * when the parent was killed and could say nothing. What the child was doing is cut off as by a crash, which
 * is what its parent's kill -9 meant.
 */
if (process.channel) {
  process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
  process.channel.unref(); // watching must not keep the child alive
}
