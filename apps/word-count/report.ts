import type { App, AppMetrics, AppState } from '@millrace/core'

/** What a processor writes about itself, one JSON line each. */
export interface Report {
  readonly state: AppState
  readonly metrics: AppMetrics
}

/** Often enough that little is missing from the counters of a process that is killed. */
const INTERVAL_MS = 250

/** Writes a line four times a second, and a last one when the answer is called. */
export function startReports(app: App, write: (line: string) => void): () => void {
  const report = (): void => {
    write(`${JSON.stringify({ state: app.state, metrics: app.metrics() } satisfies Report)}\n`)
  }
  report()
  const timer = setInterval(report, INTERVAL_MS)
  return () => {
    clearInterval(timer)
    report()
  }
}

/** Undefined for a line that is no report. */
export function parseReport(line: string): Report | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null) return undefined
    return 'state' in value && 'metrics' in value ? (value as Report) : undefined // our own program wrote it
  } catch {
    return undefined // not JSON, so not ours
  }
}
