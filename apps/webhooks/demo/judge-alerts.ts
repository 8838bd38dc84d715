import type { Judgement } from '@millrace/trial'
import type { Alert } from '../topology.ts'
import type { TimedLogin } from './logins.ts'

/**
 * The alerts that these logins are worth, without windows, stores or partitions: the minute is a part of the time's
 * text. It shares no code with the topology, so what both agree on is not a slip of one.
 */
export function expectedAlerts(logins: readonly TimedLogin[]): readonly Alert[] {
  const failures = new Map<string, number>()
  const alerts: Alert[] = []
  for (const { user, atMs, succeeded } of logins) {
    if (succeeded) continue
    const minute = `${new Date(atMs).toISOString().slice(0, 16)}:00.000Z`
    const count = (failures.get(`${user} ${minute}`) ?? 0) + 1
    failures.set(`${user} ${minute}`, count)
    if (count === 5) alerts.push({ user, minute, failures: 5 })
  }
  return alerts
}

/** Compares what took effect with what should have. Of one user the alerts must come in the order of minutes. */
export function judgeAlerts(
  expected: readonly Alert[],
  seen: readonly Alert[],
): Omit<Judgement, 'notes'> {
  const due = new Map(expected.map((alert) => [nameOf(alert), alert]))
  const counts = new Map<string, number>()
  for (const alert of seen) counts.set(nameOf(alert), (counts.get(nameOf(alert)) ?? 0) + 1)
  const lost = [...due.keys()].filter((name) => !counts.has(name))
  const repeated = [...counts].filter(([name, count]) => count > 1 || !due.has(name))
  const extra = ([name, count]: readonly [string, number]): number =>
    count - (due.has(name) ? 1 : 0)
  return {
    lost: lost.length,
    duplicated: repeated.reduce((sum, entry) => sum + extra(entry), 0),
    differences: [
      ...lost.map((name) => `lost: ${name}`),
      ...repeated.map((entry) => `duplicated: ${entry[0]}, ${extra(entry)} too many`),
      ...outOfOrder(seen).map((name) => `out of order: ${name}`),
    ],
  }
}

function outOfOrder(seen: readonly Alert[]): string[] {
  const last = new Map<string, string>()
  return seen.flatMap((alert) => {
    const before = last.get(alert.user) ?? ''
    last.set(alert.user, alert.minute)
    return alert.minute < before ? [nameOf(alert)] : []
  })
}

function nameOf({ user, minute, failures }: Alert): string {
  return `${failures} failures of ${user} at ${minute}`
}
