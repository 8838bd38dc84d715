import type { Logger } from '../../observe/logger.ts'

/** One line of the client's log. */
export interface ClientLogEvent {
  readonly fac: string
  readonly message: string
}

/** librdkafka's names for failed connections: it retries several times a second, and says so each time. */
const REPEATING = new Set(['FAIL', 'ERROR'])

/** A line of each repeating kind is passed on at most this often, with the number of those left out. */
const SAMPLE_MS = 10_000

/** Passes the client's log on at debug level: what matters of it comes as an error of some call. */
export function forwardClientLog(
  logger: Logger,
  clientId: string,
): (event: ClientLogEvent) => void {
  const samples = new Map<string, { untilMs: number; skipped: number }>()
  return ({ fac, message }) => {
    if (!REPEATING.has(fac)) {
      logger.debug(message, { clientId, kind: fac })
      return
    }
    const nowMs = Date.now()
    const sample = samples.get(fac)
    if (sample !== undefined && nowMs < sample.untilMs) {
      sample.skipped++
      return
    }
    logger.debug(message, { clientId, kind: fac, skipped: sample?.skipped ?? 0 })
    samples.set(fac, { untilMs: nowMs + SAMPLE_MS, skipped: 0 })
  }
}
