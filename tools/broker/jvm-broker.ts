import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { StepError, tailOf } from '../dev/step-error.ts'
import { findFreePorts } from './free-port.ts'
import { ensureKafkaJars } from './kafka-jars.ts'
import { answersKafka } from './kafka-probe.ts'
import { hasExited, type ServerProcess, spawnServer } from './server-process.ts'
import {
  loggingProperties,
  printProperties,
  serverProperties,
  type BrokerPorts,
  type Properties,
} from './server-properties.ts'

/**
 * Semantics
 *   One Apache Kafka node in a JVM of its own, on 127.0.0.1. `startJvmBroker` resolves when the
 *   broker answers requests. A broker without `dataDir` owns a temporary folder, gone after `stop`.
 * Invariants
 *   The ports and the cluster id never change in the life of a handle, so a client finds the same
 *   cluster again after `restart`. The JVM has a process group of its own: Ctrl-C reaches the
 *   application first, which may still commit; and it ends with this process, unless `detached`.
 */
export interface JvmBrokerOptions {
  /** Kept by `stop`, and formatted when it is new. Without it, a temporary folder. */
  readonly dataDir?: string
  /** For clients. Without it, a free one. */
  readonly port?: number
  /** Go to the broker as they are, over the tool's own settings. */
  readonly properties?: Properties
  /** Ends the start, and the broker. */
  readonly signal?: AbortSignal
  /** Outlives this process. @defaultValue false */
  readonly detached?: boolean
}

export interface JvmBroker {
  /** The value for `bootstrap.servers`. */
  readonly brokers: string
  readonly port: number
  readonly dataDir: string
  /** What the broker warned of, at WARN level and above. */
  readonly logFile: string
  /** The pid of the JVM that runs now, or ran last. */
  readonly pid: number
  /** Resolves when the JVM is gone. Safe to call again. */
  stop(): Promise<void>
  /** As a crash: no shutdown, the data stays. Resolves when the JVM is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Stops the JVM if it runs, and resolves when a new one answers on the same port and data. */
  restart(): Promise<void>
}

const HOST = '127.0.0.1'
/** It takes 2 to 4 seconds; a machine busy with a build and tests needs many times that. */
const READY_TIMEOUT_MS = 90_000
const POLL_MS = 50
/** An orderly shutdown writes clean-shutdown marks; one that hangs must not hang the caller. */
const STOP_TIMEOUT_MS = 20_000

interface Node {
  readonly dataDir: string
  readonly ports: BrokerPorts
  readonly jars: string
  readonly detached: boolean
  /** Removed at the end; undefined when the folder is the caller's. */
  readonly temporary: string | undefined
}

const logFileOf = (dataDir: string): string => join(dataDir, 'broker.log')
const outputFileOf = (dataDir: string): string => join(dataDir, 'broker.out')
const propertiesFileOf = (dataDir: string): string => join(dataDir, 'server.properties')

function logTail(dataDir: string): string {
  const parts = [outputFileOf(dataDir), logFileOf(dataDir)]
    .filter((file) => existsSync(file))
    .map((file) => tailOf(readFileSync(file, 'utf8')))
  return parts.filter((part) => part !== '').join('\n')
}

function javaArguments(node: Node, mainClass: string, args: readonly string[]): string[] {
  return [
    'java',
    '-Xms256m',
    '-Xmx1g',
    '-XX:+ExitOnOutOfMemoryError',
    '-Djava.awt.headless=true',
    `-Dlog4j2.configurationFile=${join(node.dataDir, 'log4j2.properties')}`,
    '-cp',
    join(node.jars, '*'),
    mainClass,
    ...args,
  ]
}

function spawnJvm(node: Node, command: readonly string[]): ServerProcess {
  return spawnServer(command, {
    outputFile: outputFileOf(node.dataDir),
    folder: node.temporary,
    isDetached: node.detached,
  })
}

/** Kafka's own form of a cluster id: 16 bytes as base64url, with no dash first: that is an option. */
const randomClusterId = (): string => {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? randomClusterId() : id
}

async function format(node: Node): Promise<void> {
  if (existsSync(join(node.dataDir, 'logs', 'meta.properties'))) return
  const args = ['format', '-t', randomClusterId(), '-c', propertiesFileOf(node.dataDir)]
  const jvm = spawnJvm(node, javaArguments(node, 'kafka.tools.StorageTool', args))
  await jvm.exited
  if (jvm.child.exitCode !== 0) {
    throw new StepError('The storage of the Kafka broker could not be formatted.', {
      output: logTail(node.dataDir),
      hint: 'Check the broker properties given, and that the disk is not full.',
    })
  }
}

async function awaitReady(
  node: Node,
  jvm: ServerProcess,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  while (performance.now() < deadline) {
    signal?.throwIfAborted()
    if (hasExited(jvm)) {
      throw new StepError('The Kafka broker ended while it started.', {
        output: logTail(node.dataDir),
        hint: 'The lines above say why; a port in use and a full disk are the usual reasons.',
      })
    }
    if (await answersKafka(HOST, node.ports.client)) return
    await sleep(POLL_MS)
  }
  throw new StepError(
    `The Kafka broker did not answer within ${String(READY_TIMEOUT_MS / 1000)} s.`,
    {
      output: logTail(node.dataDir),
      hint: 'The machine may be overloaded or short of memory: the broker takes up to 1 GiB of heap.',
    },
  )
}

async function endJvm(jvm: ServerProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasExited(jvm)) return
  jvm.child.ref()
  jvm.child.kill(signal)
  const late = sleep(STOP_TIMEOUT_MS, 'late' as const, { ref: false })
  if ((await Promise.race([jvm.exited, late])) === 'late') jvm.child.kill('SIGKILL')
  await jvm.exited
}

async function startNode(node: Node, signal: AbortSignal | undefined): Promise<ServerProcess> {
  const jvm = spawnJvm(node, javaArguments(node, 'kafka.Kafka', [propertiesFileOf(node.dataDir)]))
  try {
    await awaitReady(node, jvm, signal)
    return jvm
  } catch (error) {
    await endJvm(jvm, 'SIGKILL')
    throw error
  }
}

async function prepare(options: JvmBrokerOptions): Promise<Node> {
  const jars = await ensureKafkaJars()
  const [client = 0, internal = 0, controller = 0] = await findFreePorts(3)
  const ports = { client: options.port ?? client, internal, controller }
  const temporary =
    options.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'millrace-broker-')) : undefined
  const dataDir = options.dataDir ?? temporary ?? ''
  await mkdir(dataDir, { recursive: true })
  await writeFile(
    propertiesFileOf(dataDir),
    printProperties(serverProperties(dataDir, ports, options.properties ?? {})),
  )
  await writeFile(join(dataDir, 'log4j2.properties'), loggingProperties(logFileOf(dataDir)))
  return { dataDir, ports, jars, detached: options.detached ?? false, temporary }
}

function removeTemporary(node: Node): void {
  if (node.temporary === undefined) return
  rmSync(node.temporary, { recursive: true, force: true, maxRetries: 3 })
}

/** @throws StepError when Java or the jars are missing, or the broker does not come up. */
export async function startJvmBroker(options: JvmBrokerOptions = {}): Promise<JvmBroker> {
  options.signal?.throwIfAborted()
  const node = await prepare(options)
  let jvm: ServerProcess
  try {
    await format(node)
    jvm = await startNode(node, options.signal)
    if (node.detached) jvm.child.unref()
  } catch (error) {
    removeTemporary(node)
    throw error
  }

  const stop = async (): Promise<void> => {
    // Nobody reads a temporary folder again, so there is nothing to shut down in order for.
    await endJvm(jvm, node.temporary === undefined ? 'SIGTERM' : 'SIGKILL')
    removeTemporary(node)
  }
  options.signal?.addEventListener('abort', () => void stop(), { once: true })

  return {
    brokers: `${HOST}:${String(node.ports.client)}`,
    port: node.ports.client,
    dataDir: node.dataDir,
    logFile: logFileOf(node.dataDir),
    get pid() {
      return jvm.child.pid ?? 0
    },
    stop,
    kill: (signal = 'SIGKILL') => endJvm(jvm, signal),
    async restart() {
      await endJvm(jvm, 'SIGTERM')
      jvm = await startNode(node, options.signal)
    },
  }
}
