import { existsSync, readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePorts } from '../broker/free-port.ts'
import { hasExited, type ServerProcess, spawnServer } from '../broker/server-process.ts'
import { StepError, tailOf } from '../dev/step-error.ts'
import { ensureApicurio } from './apicurio-files.ts'
import { ensureJava } from './java-runtime.ts'

/**
 * Semantics
 *   One Apicurio Registry in a JVM of its own, on 127.0.0.1, with its data in a temporary folder.
 *   `startSchemaRegistry` resolves when it answers requests.
 * Invariants
 *   Port and data never change in the life of a handle, so a client finds the same schemas under the same ids
 *   after `restart`. The JVM ends with this process.
 */
export interface SchemaRegistryServer {
  /** Of Confluent's API. */
  readonly url: string
  /** The pid of the JVM that runs now, or ran last. */
  readonly pid: number
  readonly logFile: string
  /** Resolves when the JVM and the folder are gone. Safe to call again. */
  stop(): Promise<void>
  /** As a crash: the data stays. Resolves when the JVM is gone. */
  kill(): Promise<void>
  /** Ends the JVM if it runs, and resolves when a new one answers on the same port and data. */
  restart(): Promise<void>
}

export interface SchemaRegistryServerOptions {
  /** Settings of Apicurio, as environment variables. */
  readonly settings?: Readonly<Record<string, string>>
  /** Ends the start, and the registry. */
  readonly signal?: AbortSignal
}

const HOST = '127.0.0.1'
/** It takes 4 to 8 seconds; a machine busy with a build and tests needs many times that. */
const READY_TIMEOUT_MS = 120_000
const POLL_MS = 100
/** For an answer of a registry that has just begun to listen. */
const ANSWER_TIMEOUT_MS = 5_000
const STOP_TIMEOUT_MS = 10_000

interface Place {
  readonly folder: string
  readonly port: number
  readonly managementPort: number
  readonly java: string
  readonly files: string
  readonly settings: Readonly<Record<string, string>>
}

const urlOf = ({ port }: Place): string => `http://${HOST}:${String(port)}/apis/ccompat/v7`
const logFileOf = ({ folder }: Place): string => join(folder, 'registry.log')

function spawnJvm(place: Place): ServerProcess {
  const { folder, port, managementPort, java, files, settings } = place
  const command = [java, '-Xms64m', '-Xmx512m', '-XX:+ExitOnOutOfMemoryError']
  command.push('-jar', join(files, 'quarkus-run.jar'))
  const env = {
    ...process.env,
    QUARKUS_HTTP_HOST: HOST,
    QUARKUS_HTTP_PORT: String(port),
    // The management interface cannot be turned off: that was decided when Apicurio was built.
    QUARKUS_MANAGEMENT_HOST: HOST,
    QUARKUS_MANAGEMENT_PORT: String(managementPort),
    QUARKUS_LOG_LEVEL: 'WARN',
    APICURIO_STORAGE_KIND: 'sql',
    APICURIO_STORAGE_SQL_KIND: 'h2',
    // Without the last part a crash loses what was registered within the last half second.
    APICURIO_DATASOURCE_URL: `jdbc:h2:file:${join(folder, 'registry')};WRITE_DELAY=0`,
    ...settings,
  }
  return spawnServer(command, { outputFile: logFileOf(place), folder, spawn: { env } })
}

async function answers(place: Place): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
    // 401 as well: it may be set to ask for credentials.
    return (await fetch(`${urlOf(place)}/subjects`, { signal })).status < 500
  } catch {
    return false // Nobody listens yet.
  }
}

async function awaitReady(
  place: Place,
  jvm: ServerProcess,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  const log = (): string =>
    existsSync(logFileOf(place)) ? tailOf(readFileSync(logFileOf(place), 'utf8')) : ''
  while (performance.now() < deadline) {
    signal?.throwIfAborted()
    if (hasExited(jvm)) {
      throw new StepError('The schema registry ended while it started.', {
        output: log(),
        hint: 'The lines above say why; a port in use and a full disk are the usual reasons.',
      })
    }
    if (await answers(place)) return
    await sleep(POLL_MS)
  }
  throw new StepError(
    `The schema registry did not answer within ${String(READY_TIMEOUT_MS / 1000)} s.`,
    { output: log(), hint: 'The machine may be overloaded or short of memory: it takes 512 MiB.' },
  )
}

async function end(jvm: ServerProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasExited(jvm)) return
  jvm.child.kill(signal)
  const late = sleep(STOP_TIMEOUT_MS, 'late' as const, { ref: false })
  if ((await Promise.race([jvm.exited, late])) === 'late') jvm.child.kill('SIGKILL')
  await jvm.exited
}

async function launch(place: Place, signal: AbortSignal | undefined): Promise<ServerProcess> {
  const jvm = spawnJvm(place)
  try {
    await awaitReady(place, jvm, signal)
    return jvm
  } catch (error) {
    await end(jvm, 'SIGKILL')
    throw error
  }
}

/** @throws StepError when Java, Maven or Python is missing, or the registry does not come up. */
export async function startSchemaRegistry(
  options: SchemaRegistryServerOptions = {},
): Promise<SchemaRegistryServer> {
  const { settings = {}, signal } = options
  signal?.throwIfAborted()
  const [java, files] = await Promise.all([ensureJava(), ensureApicurio()])
  const [port = 0, managementPort = 0] = await findFreePorts(2)
  const folder = await mkdtemp(join(tmpdir(), 'millrace-registry-'))
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  const place: Place = { folder, port, managementPort, java, files, settings }
  let jvm: ServerProcess
  try {
    jvm = await launch(place, signal)
  } catch (error) {
    remove()
    throw error
  }
  const stop = async (): Promise<void> => {
    // Nobody reads its folder again, so there is nothing to shut down in order for.
    await end(jvm, 'SIGKILL')
    remove()
  }
  signal?.addEventListener('abort', () => void stop(), { once: true })
  return {
    url: urlOf(place),
    logFile: logFileOf(place),
    get pid() {
      return jvm.child.pid ?? 0
    },
    stop,
    kill: () => end(jvm, 'SIGKILL'),
    async restart() {
      await end(jvm, 'SIGTERM')
      jvm = await launch(place, signal)
    },
  }
}
