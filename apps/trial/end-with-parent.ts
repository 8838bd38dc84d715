/*
 * Preloaded into a program that is started by another: it ends when that one is gone, also by SIGKILL, which lets
 * nobody clean up. The channel between them closes then.
 */
process.once('disconnect', () => {
  process.exit(1)
})
process.channel?.unref()
