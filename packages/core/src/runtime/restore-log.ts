import type { Logger } from '../observe/logger.ts'
import { GLOBAL_TASK_ID } from './global/global-store-task.ts'
import type { RestoreListener, RestoreProgress } from './restorer.ts'

/** Between two lines about one store. */
const LOG_EVERY_MS = 5000

/** Lines of the log about restores: when one begins and ends, and every few seconds in between. */
export function restoreLog(logger: Logger): RestoreListener {
  const nextMs = new Map<string, number>()
  return (progress) => {
    const { taskId, store, partition } = progress
    // The partition of a task is in its id.
    const key = taskId === GLOBAL_TASK_ID ? `${taskId} ${store} ${partition}` : `${taskId} ${store}`
    if (progress.phase === 'batch') {
      if (progress.elapsedMs < (nextMs.get(key) ?? LOG_EVERY_MS)) return
      nextMs.set(key, progress.elapsedMs + LOG_EVERY_MS)
    } else nextMs.delete(key)
    logger.info(`restore: ${key} ${describe(progress)}`, { ...progress })
  }
}

function describe(progress: RestoreProgress): string {
  const { phase, restored, total, elapsedMs } = progress
  const records = restored.toLocaleString('en-US')
  const all = total.toLocaleString('en-US')
  switch (phase) {
    case 'start':
      return `begins, about ${all} records`
    case 'batch':
      return `${records} of about ${all} records, ${rate(progress)}, ${timeLeft(progress)} left`
    case 'suspended':
      return `suspended after ${records} of about ${all} records`
    case 'end':
      return `done, ${records} records in ${seconds(elapsedMs)}, ${rate(progress)}`
  }
}

function rate({ restored, elapsedMs }: RestoreProgress): string {
  return `${Math.round((restored * 1000) / Math.max(elapsedMs, 1)).toLocaleString('en-US')}/s`
}

/** By offsets: compaction leaves fewer records than that. */
function timeLeft({ total, remaining, elapsedMs }: RestoreProgress): string {
  const done = total - remaining
  return done === 0 ? 'unknown time' : seconds((elapsedMs * remaining) / done)
}

function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`
}
