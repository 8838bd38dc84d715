import { setTimeout } from 'node:timers/promises'
import { TrialFailure } from './failure.ts'

/** Rejects with the signal's reason as soon as it is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal })
  } catch {
    // setTimeout rejects for the signal only, with an error of its own.
    signal.throwIfAborted()
  }
}

export interface Wait {
  /** Completes "Waited 60 s for …". */
  readonly what: () => string
  readonly isDone: () => boolean
  /** Any number that changes while something is still happening. */
  readonly progress: () => number
  readonly hint: string
}

/** Longest time in which nothing at all may happen. A dead member's session lasts 6 of these seconds. */
export const STANDSTILL_MS = 60_000

const LOOK_MS = 20

/** Waits while there is progress. @throws TrialFailure when there was none for {@link STANDSTILL_MS} */
export async function waitFor(wait: Wait, signal: AbortSignal): Promise<void> {
  let last = wait.progress()
  let changedMs = Date.now()
  while (!wait.isDone()) {
    const progress = wait.progress()
    if (progress !== last) {
      last = progress
      changedMs = Date.now()
    }
    if (Date.now() - changedMs > STANDSTILL_MS) {
      throw new TrialFailure(`Waited ${STANDSTILL_MS / 1000} s for ${wait.what()}.`, wait.hint)
    }
    await pause(LOOK_MS, signal)
  }
}
