import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePorts } from '../broker/free-port.ts'
import { answersKafka } from '../broker/kafka-probe.ts'
import { interruption } from './interruption.ts'
import { inRoot, ROOT } from './repository.ts'
import { capture, mustRun } from './run-program.ts'
import { StepError } from './step-error.ts'
import type { RunningBroker } from './running-broker.ts'

const COMPOSE_FILE = inRoot('docker', 'compose.kafka.yaml')
/** A client without an engine answers at once; one whose engine hangs does not. */
const ENGINE_TIMEOUT_MS = 5_000
const PULL_TIMEOUT_MS = 15 * 60_000
const READY_TIMEOUT_MS = 90_000

/** Whether a Docker engine, not only its client, is there. */
export async function hasDockerEngine(): Promise<boolean> {
  const command = ['docker', 'info', '--format', '{{.ServerVersion}}']
  const { status } = await capture(command, { timeoutMs: ENGINE_TIMEOUT_MS })
  return status === 0
}

/** The command for compose files: Docker's plugin, or the program of its own; undefined for none. */
export async function composeCommand(): Promise<readonly string[] | undefined> {
  for (const command of [['docker', 'compose'], ['docker-compose']]) {
    const { status } = await capture([...command, 'version'], { timeoutMs: ENGINE_TIMEOUT_MS })
    if (status === 0) return command
  }
  return undefined
}

async function awaitAnswer(port: number): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  while (!(await answersKafka('127.0.0.1', port))) {
    interruption.throwIfAborted()
    if (performance.now() > deadline) {
      throw new StepError('The Kafka container does not answer.', {
        hint: 'Look at `docker ps` and at the logs of the container.',
      })
    }
    await sleep(200)
  }
}

/** Starts docker/compose.kafka.yaml on a free port; `stop` removes container and data. */
export async function startComposeBroker(project: string): Promise<RunningBroker> {
  const compose = await composeCommand()
  if (compose === undefined) {
    throw new StepError('A Docker engine answers, but there is no compose command.', {
      hint: 'Install the compose plugin of Docker, or set KAFKA_BROKERS.',
    })
  }
  const [port = 0] = await findFreePorts(1)
  const env = { ...process.env, KAFKA_PORT: String(port) }
  const base = [...compose, '-p', project, '-f', COMPOSE_FILE]
  const options = { cwd: ROOT, env, timeoutMs: PULL_TIMEOUT_MS, hint: 'See docs/docker.md.' }
  const stop = async (): Promise<void> => {
    await mustRun([...base, 'down', '--volumes'], { ...options, isCleanup: true })
  }
  try {
    await mustRun([...base, 'up', '--detach'], options)
    await awaitAnswer(port)
  } catch (error) {
    await stop().catch(() => undefined) // The first failure is the one to report.
    throw error
  }
  return { brokers: `127.0.0.1:${String(port)}`, origin: 'Docker', stop }
}
