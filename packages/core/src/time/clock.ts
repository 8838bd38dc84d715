/** The wall clock. Everything reads time from here, so that tests can own it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number
}

/** A clock that also calls back: every wait of the runtime goes through it, so that a simulation owns them all. */
export interface Scheduler extends Clock {
  /**
   * Calls `callback` once, after `delayMs`; 0 means after pending I/O had a turn. Never before the
   * call returns. The function returned takes it back; it may be called at any time.
   */
  setTimer(delayMs: number, callback: () => void): () => void
}

export const systemClock: Scheduler = {
  nowMs: () => Date.now(),
  setTimer(delayMs, callback) {
    if (delayMs <= 0) {
      const immediate = setImmediate(callback)
      return () => {
        clearImmediate(immediate)
      }
    }
    const timer = setTimeout(callback, delayMs)
    return () => {
      clearTimeout(timer)
    }
  },
}
