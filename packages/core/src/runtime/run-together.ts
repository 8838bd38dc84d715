/**
 * Runs all at once. The first that fails makes `halt` be called, which should end the others.
 * @throws what that one threw, when all have ended
 */
export async function runTogether(
  runs: readonly (() => Promise<void>)[],
  halt: () => void,
): Promise<void> {
  const failures: unknown[] = []
  await Promise.all(
    runs.map(async (run) => {
      try {
        await run()
      } catch (error) {
        failures.push(error)
        halt()
      }
    }),
  )
  if (failures.length > 0) throw failures[0]
}
