/** Milliseconds, or a number with a unit: `'500 ms'`, `'30 seconds'`, `'5 minutes'`, `'1 hour'`, `'7 days'`. */
export type Duration = number | `${number} ${DurationUnit}`

/** Units that a duration may be written in. */
export type DurationUnit =
  'ms' | 'second' | 'seconds' | 'minute' | 'minutes' | 'hour' | 'hours' | 'day' | 'days'

const UNIT_MS: Readonly<Record<DurationUnit, number>> = {
  ms: 1,
  second: 1000,
  seconds: 1000,
  minute: 60_000,
  minutes: 60_000,
  hour: 3_600_000,
  hours: 3_600_000,
  day: 86_400_000,
  days: 86_400_000,
}

/** @throws TypeError when the text is no duration, or the result no whole number of milliseconds ≥ 0. */
export function durationToMs(duration: Duration): number {
  const ms = typeof duration === 'number' ? duration : parseDuration(duration)
  if (!Number.isSafeInteger(ms) || ms < 0) {
    throw new TypeError(`not a duration: ${JSON.stringify(duration)}; use ms or e.g. '5 minutes'`)
  }
  return ms
}

/** As {@link durationToMs}, but may be negative: `-500`, `'-5 minutes'`. */
export function signedDurationToMs(duration: Duration): number {
  if (typeof duration === 'number') {
    return duration < 0 ? -durationToMs(-duration) : durationToMs(duration)
  }
  const text = duration.trim()
  // The rest of a duration behind its sign is one.
  return text.startsWith('-') ? -durationToMs(text.slice(1) as Duration) : durationToMs(duration)
}

function parseDuration(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/.exec(text)
  const unit = match?.[2]
  if (match === null || unit === undefined || !isUnit(unit)) return NaN
  return Number(match[1]) * UNIT_MS[unit]
}

function isUnit(text: string): text is DurationUnit {
  return Object.hasOwn(UNIT_MS, text)
}
