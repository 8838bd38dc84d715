import { type Duration, durationToMs } from '../base/duration.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import type { CircuitBreakerConfig } from './circuit-breaker.ts'
import type { RetryConfig } from './retry-policy.ts'
import type { SinkCapabilities } from './sink.ts'
import type { RejectedRecordHandler, SinkRuntimeOptions } from './sink-options.ts'

/** How batches are cut. */
export interface BatchConfig {
  readonly maxRecords: number
  readonly maxBytes: number
  readonly lingerMs: number
  /** True: where an offset is a multiple of `maxRecords`. */
  readonly aligned: boolean
}

/** What the runtime reads: complete, checked, frozen. Only {@link resolveSinkOptions} makes one. */
export interface SinkConfig {
  readonly batch: BatchConfig
  readonly maxBatchesInFlight: number
  readonly retry: RetryConfig
  /** Undefined: there is none. */
  readonly circuitBreaker: CircuitBreakerConfig | undefined
  readonly deadLetterTopic: string | undefined
  readonly onRejected: RejectedRecordHandler
  readonly bufferMaxBytes: number
}

const MAX_RECORDS = 1000
const MAX_BYTES = 8 * 1024 * 1024
const BUFFER_MAX_BYTES = 32 * 1024 * 1024

/** It becomes a part of a consumer group's name, and of topic names. */
const LEGAL_NAME = /^[a-zA-Z0-9._-]+$/

/** @throws MillraceError `MR_CONFIG` that lists every problem of the sink's name and options. */
export function resolveSinkOptions(
  options: SinkRuntimeOptions,
  sinkName: string,
  capabilities: SinkCapabilities,
): SinkConfig {
  const problems: string[] = []
  if (!LEGAL_NAME.test(sinkName)) {
    problems.push(
      `name ${JSON.stringify(sinkName)} may hold letters, digits, '.', '_' and '-' only`,
    )
  }
  const { deadLetterTopic } = options
  const config: SinkConfig = {
    batch: batchConfig(options, capabilities, problems),
    maxBatchesInFlight: capabilities.maxBatchesInFlight ?? 1,
    retry: retryConfig(options, problems),
    circuitBreaker: breakerConfig(options, problems),
    deadLetterTopic,
    onRejected: options.onRejected ?? (deadLetterTopic === undefined ? 'fail' : 'dead-letter'),
    bufferMaxBytes: options.bufferMaxBytes ?? BUFFER_MAX_BYTES,
  }
  problems.push(...otherProblems(config))
  if (problems.length > 0) {
    throw new MillraceError(
      'MR_CONFIG',
      `Invalid options of sink ${sinkName}: ${problems.join('; ')}`,
      { hint: 'Correct the options passed to toSink().', at: { sink: sinkName } },
    )
  }
  return Object.freeze(config)
}

function batchConfig(
  { batch = {} }: SinkRuntimeOptions,
  { alignedBatches = false, proposedMaxRecords }: SinkCapabilities,
  problems: string[],
): BatchConfig {
  const maxRecords = batch.maxRecords ?? proposedMaxRecords ?? MAX_RECORDS
  const maxBytes = batch.maxBytes ?? MAX_BYTES
  if (!isCount(maxRecords)) problems.push('batch.maxRecords must be a whole number > 0')
  if (!(maxBytes > 0)) problems.push('batch.maxBytes must be > 0')
  const lingerMs = ms('batch.linger', batch.linger ?? 50, problems)
  return { maxRecords, maxBytes, lingerMs, aligned: alignedBatches }
}

function retryConfig({ retry = {} }: SinkRuntimeOptions, problems: string[]): RetryConfig {
  const initialBackoffMs = ms('retry.initialBackoff', retry.initialBackoff ?? 100, problems)
  const maxBackoffMs = ms('retry.maxBackoff', retry.maxBackoff ?? '30 seconds', problems)
  const { giveUpAfter = 'never' } = retry
  const giveUpAfterMs =
    giveUpAfter === 'never' ? Infinity : ms('retry.giveUpAfter', giveUpAfter, problems)
  if (initialBackoffMs <= 0) problems.push('retry.initialBackoff must be > 0')
  if (maxBackoffMs < initialBackoffMs) {
    problems.push('retry.maxBackoff must be at least retry.initialBackoff')
  }
  return { initialBackoffMs, maxBackoffMs, giveUpAfterMs }
}

function breakerConfig(
  { circuitBreaker = {} }: SinkRuntimeOptions,
  problems: string[],
): CircuitBreakerConfig | undefined {
  if (circuitBreaker === false) return undefined
  const { failures = 5 } = circuitBreaker
  const openForMs = ms('circuitBreaker.openFor', circuitBreaker.openFor ?? '10 seconds', problems)
  if (!isCount(failures)) problems.push('circuitBreaker.failures must be a whole number > 0')
  if (openForMs <= 0) problems.push('circuitBreaker.openFor must be > 0')
  return { failures, openForMs }
}

const DECISIONS: readonly unknown[] = ['fail', 'dead-letter', 'drop']

function otherProblems(config: SinkConfig): string[] {
  const problems: string[] = []
  const { onRejected, deadLetterTopic, bufferMaxBytes, maxBatchesInFlight } = config
  if (typeof onRejected !== 'function' && !DECISIONS.includes(onRejected)) {
    problems.push(`onRejected ${JSON.stringify(onRejected)} is not known`)
  }
  if (onRejected === 'dead-letter' && deadLetterTopic === undefined) {
    problems.push("onRejected 'dead-letter' needs a deadLetterTopic")
  }
  if (deadLetterTopic === '') problems.push('deadLetterTopic is empty')
  if (!(bufferMaxBytes > 0)) problems.push('bufferMaxBytes must be > 0')
  if (!isCount(maxBatchesInFlight)) {
    problems.push("the sink's maxBatchesInFlight must be a whole number > 0")
  }
  return problems
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0
}

function ms(name: string, value: Duration, problems: string[]): number {
  try {
    return durationToMs(value)
  } catch {
    // The line says what the error does, and other options are still to be checked.
    problems.push(`${name} is no duration: ${JSON.stringify(value)}`)
    return 1
  }
}
