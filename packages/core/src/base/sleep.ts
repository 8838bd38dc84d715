import { setTimeout as delay } from 'node:timers/promises'

/** Waits for `ms`, or until `signal` aborts; then it returns early, without an error. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    if (signal?.aborted !== true) throw error
  }
}
