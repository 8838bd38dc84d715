import type { RunResult } from '../run/measure.ts'
import type { SelfTime, SelfTimes } from './cpu-profile.ts'

const TOP_FUNCTIONS = 30
/** A thread below this share of the run's CPU time is left out. */
const LEAST_THREAD_SHARE = 0.005

/** Three tables: where the process's CPU time went by thread, and the main thread's by origin and function. */
export function profileReport({ line, threads }: RunResult, times: SelfTimes): string {
  const { workload, guarantee, value, records } = line
  const busy = times.busyMicros
  const sections = [
    `# ${workload}, ${guarantee}, ${value}: ${records.toLocaleString('en-US')} records, ` +
      `${line.recordsPerSecond.toLocaleString('en-US')} records/s while profiled`,
    `CPU time of the whole process by thread, from its birth (${line.cpuSeconds} s):`,
    table('thread', threadTimes(threads, line.cpuSeconds), line.cpuSeconds * 1e6, records),
    `Main thread, self time by origin (busy ${seconds(busy)} s, idle ${seconds(times.idleMicros)} s):`,
    table('origin', times.byOrigin, busy, records),
    'Main thread, self time by function:',
    table('function', times.byFunction.slice(0, TOP_FUNCTIONS), busy, records),
  ]
  return `${sections.join('\n\n')}\n`
}

function threadTimes(threads: ReadonlyMap<string, number>, total: number): SelfTime[] {
  return [...threads]
    .filter(([, own]) => own >= total * LEAST_THREAD_SHARE)
    .map(([name, own]) => ({ name, micros: own * 1e6 }))
    .sort((a, b) => b.micros - a.micros)
}

function table(what: string, times: readonly SelfTime[], total: number, records: number): string {
  const rows = times.map(({ name, micros }) => {
    const share = ((micros / total) * 100).toFixed(1)
    return `| ${share} % | ${(micros / records).toFixed(3)} | ${name} |`
  })
  return [`| share | µs/record | ${what} |`, '| --: | --: | --- |', ...rows].join('\n')
}

function seconds(micros: number): string {
  return (micros / 1e6).toFixed(2)
}
