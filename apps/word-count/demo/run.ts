import { randomUUID } from 'node:crypto'
import { silentLogger } from '@millrace/core'
import { createConfluentKafka, type KafkaAdmin, type KafkaPort } from '@millrace/core/internal'
import {
  assertReachable,
  cleanUpTopics,
  count,
  createTopics,
  type ScreenTarget,
  TrialFailure,
} from '@millrace/trial'
import { Course, type CourseResult } from './course.ts'
import { Ledger } from './ledger.ts'
import type { DemoOptions } from './options.ts'
import { readOutput } from './output-reader.ts'
import { recount, totalOf } from './recount.ts'
import { readText } from './text.ts'
import { type DemoTopics, topicsOf } from './topics.ts'
import { faultLines, judge, type Verdict, verdictLine } from './verdict.ts'

export interface DemoOutcome {
  /** 0 when the output is exactly right, else 1. */
  readonly status: number
  /** For standard output; the last one is the verdict. */
  readonly lines: readonly string[]
}

/** Counts the text through Kafka and compares. The topics are gone afterwards, also when it fails. */
export async function runDemo(
  options: DemoOptions,
  target: ScreenTarget,
  interrupted: AbortSignal,
): Promise<DemoOutcome> {
  const text = await readText(options.file)
  const expected = recount(text.content)
  const words = totalOf(expected)
  if (words === 0) {
    throw new TrialFailure(`The text ${options.file} has no words.`, 'Give --file another text.')
  }
  target.write(
    `${text.name}: ${count(words)} words, ${count(expected.size)} different; seed ${options.seed}\n`,
  )
  const kafka = createConfluentKafka({
    brokers: options.brokers.split(',').map((broker) => broker.trim()),
    overrides: {},
    logger: silentLogger,
  })
  const topics = topicsOf(`word-count-demo-${randomUUID().slice(0, 8)}`)
  const admin = kafka.admin({ clientId: topics.applicationId })
  try {
    await assertReachable(admin, options.brokers)
  } catch (error) {
    await admin.close()
    throw error
  }
  try {
    await createTopics(admin, [topics.input, topics.output])
    const course = new Course({ options, text, words, kafka, admin, topics, target }, interrupted)
    const result = await course.run()
    const ledger = await readBack({ kafka, admin, topics, target }, interrupted)
    return outcomeOf({ options, result, verdict: judge(expected, ledger), topics })
  } finally {
    if (!options.keep) await cleanUpTopics(admin, topics.applicationId, target)
    await admin.close()
  }
}

interface ReadParts {
  readonly kafka: KafkaPort
  readonly admin: KafkaAdmin
  readonly topics: DemoTopics
  readonly target: ScreenTarget
}

async function readBack(parts: ReadParts, interrupted: AbortSignal): Promise<Ledger> {
  const { kafka, admin, topics, target } = parts
  target.write('reading all counts back, committed ones only\n')
  const ledger = new Ledger()
  await readOutput({ kafka, admin, topic: topics.output, ledger }, interrupted)
  return ledger
}

interface OutcomeParts {
  readonly options: DemoOptions
  readonly result: CourseResult
  readonly verdict: Verdict
  readonly topics: DemoTopics
}

function outcomeOf({ options, result, verdict, topics }: OutcomeParts): DemoOutcome {
  const { kills, totals, elapsedMs } = result
  const isRight = verdict.faults.length === 0
  return {
    status: isRight ? 0 : 1,
    lines: [
      `${(elapsedMs / 1000).toFixed(1)} s, ${processorsOf(options)}, ${options.guarantee}, ` +
        `${count(totals.commits)} commits, ${count(totals.restored)} records restored`,
      ...(options.keep ? [`kept the topics ${topics.applicationId}-*`] : []),
      ...(isRight ? [] : ['words whose counts are not 1, 2, 3, … up to their number in the text:']),
      ...faultLines(verdict),
      verdictLine(verdict, options.guarantee, kills),
    ],
  }
}

function processorsOf({ processors }: DemoOptions): string {
  return processors === 1 ? '1 processor' : `${processors} processors`
}
