import type { AppOptions, ProcessingGuarantee } from '@millrace/core'
import { type Flags, readCommandLine, wholeNumber } from '@millrace/trial'

export const PROCESSOR_FLAGS: Flags = {
  brokers: { placeholder: 'HOST:PORT,…', summary: 'some brokers of the cluster (KAFKA_BROKERS)' },
  'application-id': {
    placeholder: 'NAME',
    summary: 'consumer group and prefix of internal topics (APPLICATION_ID; word-count)',
  },
  'instance-id': {
    placeholder: 'NAME',
    summary: 'names this process for ever, e.g. a pod (INSTANCE_ID; random)',
  },
  input: { placeholder: 'TOPIC', summary: 'lines of text (INPUT_TOPIC; lines)' },
  output: { placeholder: 'TOPIC', summary: 'counts by word (OUTPUT_TOPIC; word-counts)' },
  guarantee: {
    placeholder: 'NAME',
    summary: 'exactly_once_v2 or at_least_once (PROCESSING_GUARANTEE; exactly_once_v2)',
  },
  'commit-interval': {
    placeholder: 'MS',
    summary: 'longest time between two commits (COMMIT_INTERVAL_MS)',
  },
  'session-timeout': {
    placeholder: 'MS',
    summary: 'when the group takes a silent process for dead (SESSION_TIMEOUT_MS)',
  },
  report: { summary: 'write the counters to standard output, one JSON line every 250 ms' },
  help: { summary: 'show this' },
}

export const GUARANTEES: readonly ProcessingGuarantee[] = ['exactly_once_v2', 'at_least_once']

export interface ProcessorOptions {
  readonly app: AppOptions
  readonly input: string
  readonly output: string
  readonly report: boolean
  readonly help: boolean
}

/** Options win over the environment, which wins over the defaults. Core checks the values. */
export function readProcessorOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): { readonly options: ProcessorOptions; readonly problems: readonly string[] } {
  const { values, switches, problems: found } = readCommandLine(args, PROCESSOR_FLAGS)
  const problems = [...found]
  const text = (flag: string, variable: string): string | undefined =>
    values.get(flag) ?? (env[variable] === '' ? undefined : env[variable])
  const ms = (flag: string, variable: string): number | undefined => {
    const value = text(flag, variable)
    if (value === undefined) return undefined
    return wholeNumber(flag, value, { min: 1, max: 3_600_000 }, problems)
  }
  const brokers = text('brokers', 'KAFKA_BROKERS')
  if (brokers === undefined) problems.push('there are no brokers: use --brokers or KAFKA_BROKERS')
  const guarantee = text('guarantee', 'PROCESSING_GUARANTEE') ?? 'exactly_once_v2'
  const processingGuarantee = GUARANTEES.find((name) => name === guarantee)
  if (processingGuarantee === undefined) {
    problems.push(
      `--guarantee must be ${GUARANTEES.join(' or ')}, not ${JSON.stringify(guarantee)}`,
    )
  }
  const sessionTimeout = ms('session-timeout', 'SESSION_TIMEOUT_MS')
  const app: AppOptions = {
    brokers: brokers ?? '',
    applicationId: text('application-id', 'APPLICATION_ID') ?? 'word-count',
    ...given('processingGuarantee', processingGuarantee),
    ...given('instanceId', text('instance-id', 'INSTANCE_ID')),
    ...given('commitInterval', ms('commit-interval', 'COMMIT_INTERVAL_MS')),
    ...given('sessionTimeout', sessionTimeout),
    // Also how soon a member hears of a rebalance. Kafka advises a third of the session at most.
    ...given('heartbeatInterval', sessionTimeout && Math.ceil(Math.min(3000, sessionTimeout / 6))),
  }
  const input = text('input', 'INPUT_TOPIC') ?? 'lines'
  const output = text('output', 'OUTPUT_TOPIC') ?? 'word-counts'
  const options = { app, input, output, report: switches.has('report'), help: switches.has('help') }
  return { options, problems }
}

/** An option that is left to its default must be absent, not undefined. */
function given<K extends string, T>(name: K, value: T | undefined): { readonly [P in K]?: T } {
  // The computed key is K, which TypeScript widens to string.
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]?: T })
}
