import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { diesWithParent, guard } from './child-guard.ts'

/** A server that runs in a process group of its own: Ctrl-C reaches the application first. */
export interface ServerProcess {
  readonly child: ChildProcess
  /** Resolves when it is gone, or could not be started. */
  readonly exited: Promise<void>
}

export interface ServerProcessOptions {
  /** Gets what it prints, behind what is there. */
  readonly outputFile: string
  /** Removed when this process ends before the server does; undefined when it is the caller's. */
  readonly folder: string | undefined
  /** Outlives this process. @defaultValue false */
  readonly isDetached?: boolean
  readonly spawn?: Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'>
}

/** Starts a server, which ends with this process unless it is detached. */
export function spawnServer(
  command: readonly string[],
  { outputFile, folder, isDetached = false, spawn: options = {} }: ServerProcessOptions,
): ServerProcess {
  const output = openSync(outputFile, 'a')
  const [program = '', ...args] = isDetached ? command : diesWithParent(command)
  const stdio: SpawnOptions['stdio'] = ['ignore', output, output]
  const child = spawn(program, args, { ...options, detached: true, stdio })
  closeSync(output)
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve()
    })
    child.once('error', () => {
      resolve()
    })
  })
  return { child, exited: isDetached ? exited : exited.then(guard(child, folder)) }
}

/** True when it is gone, or could not be started. */
export function hasExited({ child }: ServerProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}
