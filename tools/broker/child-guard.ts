import { spawnSync, type ChildProcess } from 'node:child_process'
import { rmSync } from 'node:fs'

interface Guarded {
  readonly child: ChildProcess
  readonly folder: string | undefined
}

const guarded = new Set<Guarded>()
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function killAll(): void {
  for (const { child, folder } of guarded) {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
    }
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  guarded.clear()
}

function onSignal(signal: NodeJS.Signals): void {
  // Another listener means that somebody else decides when and how this process ends: a command
  // that lets its application commit first, for which the broker must still be there.
  if (process.listenerCount(signal) > 1) return
  killAll()
  process.removeListener(signal, onSignal)
  process.kill(process.pid, signal)
}

function listen(): void {
  process.once('exit', killAll)
  for (const signal of SIGNALS) process.on(signal, onSignal)
}

function unlisten(): void {
  process.removeListener('exit', killAll)
  for (const signal of SIGNALS) process.removeListener(signal, onSignal)
}

/**
 * Ends `child`, and removes `folder`, when this process ends by itself or by a signal that it can
 * see. The answer takes the guard off. For SIGKILL see {@link diesWithParent}.
 */
export function guard(child: ChildProcess, folder: string | undefined): () => void {
  const entry: Guarded = { child, folder }
  if (guarded.size === 0) listen()
  guarded.add(entry)
  return () => {
    if (guarded.delete(entry) && guarded.size === 0) unlisten()
  }
}

let hasSetpriv: boolean | undefined

/**
 * The command line that makes the kernel end a program when its parent is gone, even by SIGKILL.
 * Only Linux can; elsewhere the command comes back as it is.
 */
export function diesWithParent(command: readonly string[]): readonly string[] {
  if (process.platform !== 'linux') return command
  hasSetpriv ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0
  return hasSetpriv ? ['setpriv', '--pdeathsig', 'KILL', ...command] : command
}
