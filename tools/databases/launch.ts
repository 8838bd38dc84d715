import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePorts } from '../broker/free-port.ts'
import { hasExited, type ServerProcess, spawnServer } from '../broker/server-process.ts'
import { StepError, tailOf } from '../dev/step-error.ts'
import { copyTemplate, temporaryFolder } from './data-template.ts'
import type { DatabaseEngine, ServerOptions, ServerPlace, StopMode } from './database-engine.ts'
import { allGone, freeze, processTree, signalAll } from './process-tree.ts'

/**
 * Semantics
 *   One database server on 127.0.0.1 with a temporary folder, gone after `stop`. `launch` resolves
 *   when it answers queries.
 * Invariants
 *   The port and the data stay in the life of a handle, so a client finds the same rows again after
 *   `restart`. The server has a process group of its own: Ctrl-C reaches the application first. It
 *   ends with this process, even when that is killed (on Linux).
 */
export interface ServerControl {
  readonly port: number
  /** What the server printed. */
  readonly logFile: string
  /** Of the server's first process: the one that runs now, or ran last. */
  readonly pid: number
  /** Ends the server if it runs, and resolves when a new one answers on the same port and data. */
  restart(options?: { readonly mode?: StopMode }): Promise<void>
  /** SIGKILL to all its processes; the data stays. Resolves when they are gone. */
  crash(): Promise<void>
  /** SIGSTOP to all its processes: connections stay open, and nobody answers. */
  pause(): void
  /** Undoes `pause`. */
  resume(): void
  /** Resolves when no process and no file is left. Safe to call again. */
  stop(): Promise<void>
}

/** It takes less than a second; a machine busy with a build and tests needs many times that. */
const READY_TIMEOUT_MS = 90_000
const POLL_MS = 25
/** An orderly end flushes what is in memory; one that hangs must not hang the caller. */
const STOP_TIMEOUT_MS = 20_000

const logFileOf = (place: ServerPlace): string => join(place.folder, 'server.log')

function spawnEngine(
  engine: DatabaseEngine,
  place: ServerPlace,
  options: ServerOptions,
): ServerProcess {
  return spawnServer(engine.serve(place, options), {
    outputFile: logFileOf(place),
    folder: place.folder,
    spawn: { cwd: place.folder, ...engine.user },
  })
}

function failure(
  engine: DatabaseEngine,
  place: ServerPlace,
  what: string,
  hint: string,
): StepError {
  const log = logFileOf(place)
  const output = existsSync(log) ? tailOf(readFileSync(log, 'utf8')) : ''
  return new StepError(`${engine.name} ${what}`, { output, hint })
}

async function awaitReady(
  engine: DatabaseEngine,
  place: ServerPlace,
  { running, signal }: { running: ServerProcess; signal: AbortSignal | undefined },
): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  while (performance.now() < deadline) {
    signal?.throwIfAborted()
    if (hasExited(running)) {
      const hint =
        'The lines above say why; a wrong setting, a port in use and a full disk are the usual reasons.'
      throw failure(engine, place, 'ended while it started.', hint)
    }
    const isUp = await engine.ping(place.port).then(
      () => true,
      () => false,
    )
    if (isUp) return
    await sleep(POLL_MS)
  }
  const what = `did not answer within ${String(READY_TIMEOUT_MS / 1000)} s.`
  throw failure(engine, place, what, 'The machine may be overloaded or short of memory.')
}

async function kill(running: ServerProcess): Promise<void> {
  const tree = hasExited(running) ? [] : processTree(running.child.pid ?? 0)
  signalAll(tree, 'SIGKILL')
  await running.exited
  await allGone(tree)
}

async function end(running: ServerProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasExited(running)) return
  const tree = processTree(running.child.pid ?? 0)
  running.child.kill(signal)
  const late = sleep(STOP_TIMEOUT_MS, 'late' as const, { ref: false })
  if ((await Promise.race([running.exited, late])) === 'late') signalAll(tree, 'SIGKILL')
  await running.exited
  await allGone(tree)
}

function removeFolder(place: ServerPlace): void {
  rmSync(place.folder, { recursive: true, force: true, maxRetries: 5 })
}

async function prepare(
  engine: DatabaseEngine,
  { certificate }: ServerOptions,
): Promise<ServerPlace> {
  const hasTls = certificate !== undefined
  const tlsFiles = hasTls ? { 'server.crt': certificate.cert, 'server.key': certificate.key } : {}
  const folder = await temporaryFolder(engine, tlsFiles)
  const [port = 0] = await findFreePorts(1)
  const tls = hasTls
    ? { cert: join(folder, 'server.crt'), key: join(folder, 'server.key') }
    : undefined
  const place = { folder, data: join(folder, 'data'), port, tls }
  try {
    await copyTemplate(engine, place.data)
  } catch (error) {
    removeFolder(place)
    throw error
  }
  return place
}

/** @throws StepError with the end of the server's log, when it does not come up. */
export async function launch(
  engine: DatabaseEngine,
  options: ServerOptions,
): Promise<ServerControl> {
  const { signal } = options
  signal?.throwIfAborted()
  const place = await prepare(engine, options)

  const startServer = async (): Promise<ServerProcess> => {
    const running = spawnEngine(engine, place, options)
    try {
      await awaitReady(engine, place, { running, signal })
      return running
    } catch (error) {
      await kill(running)
      throw error
    }
  }

  let server: ServerProcess
  let thaw: (() => void) | undefined
  try {
    server = await startServer()
  } catch (error) {
    removeFolder(place)
    throw error
  }

  const resume = (): void => {
    thaw?.()
    thaw = undefined
  }
  const crash = async (): Promise<void> => {
    const ended = kill(server)
    resume()
    await ended
  }
  const stop = async (): Promise<void> => {
    resume()
    // Nobody reads the folder again, so there is nothing to write to it.
    await end(server, engine.signals.immediate)
    removeFolder(place)
  }
  signal?.addEventListener('abort', () => void stop(), { once: true })

  return {
    port: place.port,
    logFile: logFileOf(place),
    get pid() {
      return server.child.pid ?? 0
    },
    async restart({ mode = 'fast' } = {}) {
      resume()
      await end(server, engine.signals[mode])
      server = await startServer()
    },
    crash,
    pause() {
      if (thaw === undefined && !hasExited(server)) thaw = freeze(server.child.pid ?? 0)
    },
    resume,
    stop,
  }
}
