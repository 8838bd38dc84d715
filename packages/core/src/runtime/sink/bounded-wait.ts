import type { Scheduler } from '../../time/clock.ts'
import { wait } from '../../time/wait.ts'

/** True when `work` has ended within the time, well or not. It goes on otherwise, unobserved. */
export async function endsWithin(
  scheduler: Scheduler,
  ms: number,
  work: Promise<unknown>,
): Promise<boolean> {
  const over = new AbortController()
  const ended = work.then(
    () => true,
    () => true,
  )
  try {
    return await Promise.race([ended, wait(scheduler, ms, over.signal).then(() => false)])
  } finally {
    over.abort()
  }
}

/** Resolves with what `work` gives, or with nothing when `signal` aborts before; it goes on then, unobserved. */
export async function unlessAborted<T>(
  signal: AbortSignal,
  work: Promise<T>,
): Promise<T | undefined> {
  let stop: () => void = () => undefined
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => {
      resolve(undefined)
    }
  })
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  work.catch(() => undefined) // the race below tells of it, unless nobody wants to know
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
