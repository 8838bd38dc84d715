import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts CPU time in ticks of 10 ms on every platform that Node runs on. */
const TICKS_PER_SECOND = 100

/** User and system seconds of a process since its birth, with all its threads. */
export function processCpuSeconds(pid: number): number {
  return statSeconds(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

/** The same for each thread that lives, summed up by the threads' names. */
export function threadCpuSeconds(pid: number): ReadonlyMap<string, number> {
  const seconds = new Map<string, number>()
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const stat = readThread(pid, thread)
    if (stat === undefined) continue
    const name = thread === String(pid) ? 'main' : stat.slice(stat.indexOf('(') + 1, nameEnd(stat))
    seconds.set(name, (seconds.get(name) ?? 0) + statSeconds(stat))
  }
  return seconds
}

/** Busy seconds of all cores of this machine since it was started. */
export function machineCpuSeconds(): number {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  return machineBusySeconds(first)
}

/** Peak resident memory of a process. */
export function maxRssMb(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? 0) / 1024
}

/** `line`: the first one of /proc/stat. */
export function machineBusySeconds(line: string): number {
  const IDLE = 3
  const IO_WAIT = 4
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number)
  const busy = ticks.filter((_, index) => index !== IDLE && index !== IO_WAIT)
  return busy.reduce((sum, one) => sum + one, 0) / TICKS_PER_SECOND
}

/** `stat`: the content of a process's or thread's stat file. */
export function statSeconds(stat: string): number {
  const UTIME = 11
  // The name in parentheses may hold anything, spaces and parentheses included.
  const fields = stat.slice(nameEnd(stat) + 2).split(' ')
  return (Number(fields[UTIME]) + Number(fields[UTIME + 1])) / TICKS_PER_SECOND
}

function nameEnd(stat: string): number {
  return stat.lastIndexOf(')')
}

function readThread(pid: number, thread: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
  } catch {
    // It ended after the folder was listed.
    return undefined
  }
}
