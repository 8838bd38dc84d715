import { execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

interface Entry {
  readonly pid: number
  readonly parent: number
  /** Ended, but its parent has not asked for its status yet. */
  readonly isZombie: boolean
}

function entryOf(pid: string): Entry | undefined {
  try {
    // The name is in parentheses and may hold any character: the fields begin behind the last one.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { pid: Number(pid), parent: Number(parent), isZombie: state === 'Z' || state === 'X' }
  } catch {
    return undefined // It ended meanwhile.
  }
}

function processes(): Entry[] {
  if (process.platform === 'linux') {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    return pids.flatMap((pid) => entryOf(pid) ?? [])
  }
  const output = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  return output.split('\n').flatMap((line) => {
    const [pid = '', parent = '', state = ''] = line.trim().split(/\s+/)
    return pid === ''
      ? []
      : [{ pid: Number(pid), parent: Number(parent), isZombie: state.startsWith('Z') }]
  })
}

/** `root` and all below it, parents first. Empty when it is gone. */
export function processTree(root: number): number[] {
  const entries = processes().filter((entry) => !entry.isZombie)
  const found = entries.filter(({ pid }) => pid === root).map(({ pid }) => pid)
  for (const pid of found) {
    for (const entry of entries) if (entry.parent === pid) found.push(entry.pid)
  }
  return found
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // ESRCH: it ended by itself.
  }
}

export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) send(pid, signal)
}

const GONE_TIMEOUT_MS = 10_000

/** Resolves when none of `pids` runs any more, or after ten seconds. */
export async function allGone(pids: readonly number[]): Promise<void> {
  const deadline = performance.now() + GONE_TIMEOUT_MS
  const runs = (): boolean =>
    processes().some(({ pid, isZombie }) => !isZombie && pids.includes(pid))
  while (runs() && performance.now() < deadline) await sleep(10)
}

/**
 * Stops a tree of processes where they are. The answer lets them go on. A stopped process sees
 * neither the end of its parent nor a signal but SIGKILL, so a shell watches: it reads from this
 * process, and when that ends without a word, it kills them.
 */
export function freeze(root: number): () => void {
  const pids: number[] = []
  // A process may have started another just before it was stopped, so look again.
  for (let tree = processTree(root); tree.length > pids.length; tree = processTree(root)) {
    signalAll(tree, 'SIGSTOP')
    pids.push(...tree.filter((pid) => !pids.includes(pid)))
  }
  const script = 'read -r _ || kill -KILL "$@"'
  const watcher = spawn('sh', ['-c', script, 'sh', ...pids.map(String)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watcher.unref()
  watcher.stdin.on('error', () => {
    // EPIPE: the shell is gone, and with it the watch.
  })
  return () => {
    watcher.stdin.end('\n')
    signalAll(pids, 'SIGCONT')
  }
}
