import type { HttpAnswer } from './http-answer.ts'

/** Numbers above are seconds since 1970, below seconds from now: no one asks to wait for thirty years. */
const EPOCH_SECONDS = 1_000_000_000

/**
 * How long an answer asks to wait, in milliseconds: by `Retry-After` in seconds or as a date, else by the
 * headers of rate limits. Undefined when it does not say.
 */
export function askedWaitMs(
  answer: Pick<HttpAnswer, 'headers'>,
  nowMs: number,
): number | undefined {
  const { headers } = answer
  return (
    retryAfterMs(headers['retry-after'], serverNowMs(headers['date'], nowMs)) ??
    secondsMs(headers['ratelimit-reset'], nowMs) ??
    secondsMs(/(?:^|[;,\s])t=(\d+)/.exec(headers['ratelimit'] ?? '')?.[1], nowMs) ??
    secondsMs(headers['x-ratelimit-reset'], nowMs)
  )
}

/** A date is compared with the server's own clock, where it says what that shows. */
function serverNowMs(date: string | undefined, nowMs: number): number {
  const parsed = Date.parse(date ?? '')
  return Number.isNaN(parsed) ? nowMs : parsed
}

function retryAfterMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined
  if (/^\s*\d+\s*$/.test(text)) return Number(text) * 1000
  // Only a text with letters is a date: Date.parse takes `-1` for a year.
  const at = /[a-z]/i.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}

function secondsMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined || !/^\s*\d+(?:\.\d+)?\s*$/.test(text)) return undefined
  const seconds = Number(text)
  return seconds > EPOCH_SECONDS ? Math.max(0, seconds * 1000 - nowMs) : seconds * 1000
}
