import type { Scheduler } from './clock.ts'

/** Waits for `ms` of the scheduler's time, or until `signal` aborts; then it returns early, without an error. */
export async function wait(scheduler: Scheduler, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }
    const cancel = scheduler.setTimer(ms, done)
    const stop = (): void => {
      cancel()
      resolve()
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/** Waits until `signal` aborts. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve()
      },
      { once: true },
    )
  })
}
