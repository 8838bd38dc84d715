import { randomInt, randomUUID } from 'node:crypto'
import { MillraceError, silentLogger } from '@millrace/core'
import { createConfluentKafka, type KafkaAdmin, type KafkaPort } from '@millrace/core/internal'
import { TrialFailure } from './failure.ts'
import { seededRandom } from './random.ts'
import { runProgram } from './run-program.ts'
import { seconds } from './terminal/figures.ts'
import { type ScreenTarget, standardError } from './terminal/screen.ts'
import { cleanUpTopics, createTopics } from './topics.ts'
import { reportOf, type Trial } from './trial.ts'
import { TrialCourse } from './trial-course.ts'
import { MAX_SEED, readTrialCommand, trialHelp, type TrialOptions } from './trial-options.ts'

/** Runs the trial as this process: options, progress, verdict, exit status. */
export async function runTrial(trial: Trial): Promise<void> {
  await runProgram(async (interrupted) => {
    const command = readTrialCommand(process.argv.slice(2), process.env, randomInt(MAX_SEED))
    if (command.kind === 'help') {
      process.stdout.write(trialHelp(trial.name, trial.summary))
      return 0
    }
    if (command.kind === 'wrong') {
      process.stderr.write(`${command.problems.join('\n')}\n\nSee --help for the options.\n`)
      return 2
    }
    return withKafka(trial, command.options, interrupted)
  })
}

async function withKafka(
  trial: Trial,
  options: TrialOptions,
  interrupted: AbortSignal,
): Promise<number> {
  const target = standardError()
  target.write(`${trial.name}: ${options.records} records, seed ${options.seed}\n`)
  const kafka = createConfluentKafka({
    brokers: options.brokers.split(',').map((broker) => broker.trim()),
    overrides: {},
    logger: silentLogger,
  })
  const applicationId = `${trial.name}-${randomUUID().slice(0, 8)}`
  const admin = kafka.admin({ clientId: applicationId })
  try {
    await assertReachable(admin, options.brokers)
    return await tryApp({ trial, options, applicationId, kafka, admin, target }, interrupted)
  } finally {
    await admin.close()
  }
}

interface TrialParts {
  readonly trial: Trial
  readonly options: TrialOptions
  readonly applicationId: string
  readonly kafka: KafkaPort
  readonly admin: KafkaAdmin
  readonly target: ScreenTarget
}

/** Topics and target are gone afterwards, also when it fails. */
async function tryApp(parts: TrialParts, interrupted: AbortSignal): Promise<number> {
  const { trial, options, applicationId, admin, target } = parts
  const random = seededRandom(options.seed)
  const prepared = await trial.prepare({ applicationId, records: options.records, random })
  try {
    interrupted.throwIfAborted()
    await createTopics(admin, prepared.topics)
    const course = new TrialCourse({ ...parts, prepared, random }, interrupted)
    const { kills, elapsedMs } = await course.run()
    target.write(`${seconds(elapsedMs)} s; comparing the target with a recount\n`)
    const judgement = await prepared.judge()
    const run = { records: prepared.records.length, kills }
    const { status, lines } = reportOf(trial.name, run, judgement)
    process.stdout.write(`${lines.join('\n')}\n`)
    return status
  } finally {
    await prepared.close()
    if (options.keep) target.write(`kept the topics ${applicationId}-*\n`)
    else await cleanUpTopics(admin, applicationId, target)
  }
}

/** Before anything is begun that would have to be cleaned up. */
export async function assertReachable(admin: KafkaAdmin, brokers: string): Promise<void> {
  try {
    await admin.listTopics()
  } catch (error) {
    if (!MillraceError.is(error, 'MR_BROKER_UNAVAILABLE')) throw error
    throw new TrialFailure(
      `No broker answers at ${brokers}.`,
      'Check KAFKA_BROKERS or --brokers, or start it with ./dev and without them: it starts a broker.',
    )
  }
}
