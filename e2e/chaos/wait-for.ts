import { pause } from '@millrace/trial'

export interface Wait {
  readonly what: () => string
  readonly isDone: () => boolean | Promise<boolean>
  /** Any number that changes while something is still happening. */
  readonly progress: () => number
  /** Longest time without any. */
  readonly standstillMs: number
}

const LOOK_MS = 50

/** Waits while there is progress. @throws Error that says what was waited for */
export async function waitFor(wait: Wait, signal: AbortSignal): Promise<void> {
  let last = wait.progress()
  let changedMs = performance.now()
  while (!(await wait.isDone())) {
    const progress = wait.progress()
    if (progress !== last) {
      last = progress
      changedMs = performance.now()
    }
    if (performance.now() - changedMs > wait.standstillMs) {
      throw new Error(`${wait.what()}: nothing has happened for ${wait.standstillMs / 1000} s`)
    }
    await pause(LOOK_MS, signal)
  }
}
