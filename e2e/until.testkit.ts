import { setTimeout as sleep } from 'node:timers/promises'

/** A step takes a fraction of a second; a machine busy with other tests needs many times that. */
export const PATIENCE_MS = 45_000

const LOOK_EVERY_MS = 20

interface Patience {
  readonly boundMs?: number
  /** Goes into the error, for whoever has to find out why. */
  readonly lastWords?: () => string
}

/** Looks until `look` gives something, and gives that back. @throws Error that says what was waited for */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  { boundMs = PATIENCE_MS, lastWords }: Patience = {},
): Promise<T> {
  const deadlineMs = performance.now() + boundMs
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadlineMs) {
      throw new Error(`${what}: not within ${boundMs} ms\n${lastWords?.() ?? ''}`)
    }
    await sleep(LOOK_EVERY_MS)
  }
}
