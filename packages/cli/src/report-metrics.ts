import type { App } from '@millrace/core'
import { tell } from './member-message.ts'

const REPORT_EVERY_MS = 500

/**
 * Tells the supervisor the counters of the app, twice a second, until the process ends. Returns the
 * app. Does nothing without `millrace run`.
 */
export function reportMetrics(app: App): App {
  if (process.send === undefined) return app
  const report = (): void => {
    tell({ millrace: 'metrics', metrics: app.metrics() })
  }
  setInterval(report, REPORT_EVERY_MS).unref()
  process.once('exit', report)
  return app
}
