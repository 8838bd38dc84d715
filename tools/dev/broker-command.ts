import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { startJvmBroker } from '../broker/jvm-broker.ts'
import { answersKafka } from '../broker/kafka-probe.ts'
import { KAFKA_VERSION } from '../broker/kafka-version.ts'
import { interruption } from './interruption.ts'
import { inRoot } from './repository.ts'
import { capture } from './run-program.ts'
import { StepError } from './step-error.ts'
import { step } from './steps.ts'

/** The broker that stays between commands: always the JVM, so that it is the same everywhere. */
const FOLDER = inRoot('.broker')
const STATE_FILE = inRoot('.broker', 'state.json')
const DATA = inRoot('.broker', 'data')
const STOP_TIMEOUT_MS = 20_000

interface State {
  readonly pid: number
  readonly port: number
}

function readState(): State | undefined {
  if (!existsSync(STATE_FILE)) return undefined
  // Written below, by this file.
  return JSON.parse(readFileSync(STATE_FILE, 'utf8')) as State
}

/** A pid is used again after a restart of the machine; the command line tells whose it is. */
async function isOurs(pid: number): Promise<boolean> {
  // Slim containers have /proc, and no ps.
  const file = `/proc/${String(pid)}/cmdline`
  if (existsSync(file)) return readFileSync(file, 'utf8').includes(DATA)
  const { status, output } = await capture(['ps', '-ww', '-o', 'args=', '-p', String(pid)])
  return status === 0 && output.includes(DATA)
}

async function runningBroker(): Promise<State | undefined> {
  const state = readState()
  return state !== undefined && (await isOurs(state.pid)) ? state : undefined
}

const exportLine = ({ port }: State): string => `export KAFKA_BROKERS=127.0.0.1:${String(port)}\n`

async function start(): Promise<number> {
  const running = await runningBroker()
  if (running !== undefined) {
    process.stdout.write(exportLine(running))
    return 0
  }
  await step('Kafka broker', async () => {
    await rm(FOLDER, { recursive: true, force: true })
    await mkdir(FOLDER, { recursive: true })
    const broker = await startJvmBroker({ dataDir: DATA, detached: true, signal: interruption })
    const state: State = { pid: broker.pid, port: broker.port }
    await writeFile(STATE_FILE, JSON.stringify(state))
    return `Kafka ${KAFKA_VERSION} in a JVM, pid ${String(broker.pid)}`
  })
  const state = readState()
  if (state !== undefined) process.stdout.write(exportLine(state))
  return 0
}

async function stop(): Promise<number> {
  const running = await runningBroker()
  if (running === undefined) {
    process.stderr.write('No broker was started here.\n')
  } else {
    await step('Stopping the Kafka broker', async () => {
      process.kill(running.pid, 'SIGTERM')
      const deadline = performance.now() + STOP_TIMEOUT_MS
      while ((await isOurs(running.pid)) && performance.now() < deadline) await sleep(100)
      if (await isOurs(running.pid)) process.kill(running.pid, 'SIGKILL')
      return undefined
    })
  }
  await rm(FOLDER, { recursive: true, force: true })
  return 0
}

async function status(): Promise<number> {
  const running = await runningBroker()
  if (running === undefined) {
    process.stderr.write('No broker was started here.\n')
    return 1
  }
  const answers = await answersKafka('127.0.0.1', running.port)
  const word = answers ? 'answers' : 'does not answer'
  process.stderr.write(`The broker (pid ${String(running.pid)}) ${word}.\n`)
  process.stdout.write(exportLine(running))
  return answers ? 0 : 1
}

/** `./dev broker start|stop|status` */
export function brokerCommand(args: readonly string[]): Promise<number> {
  switch (args[0]) {
    case 'start':
      return start()
    case 'stop':
      return stop()
    case 'status':
      return status()
    default:
      throw new StepError('`broker` needs one of: start, stop, status.', {
        hint: 'Run ./dev help.',
      })
  }
}
