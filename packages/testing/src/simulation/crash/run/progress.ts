import type { TopicPartition } from '@millrace/core/internal'
import type { PartitionLog } from '../../kafka/partition-log.ts'
import type { SimulatedKafka } from '../../kafka/simulated-kafka.ts'
import type { Difference } from '../parts/crash-part.ts'
import type { Scenario } from './scenario.ts'
import { APPLICATION_ID, type World } from './world.ts'

export interface RunState {
  readonly scenario: Scenario
  readonly kafka: SimulatedKafka
  readonly world: World
}

/** True when nothing is left to process: every input is committed, every transaction is decided, all members run. */
export function isDrained(state: RunState): boolean {
  const { world } = state
  if (world.up.length === 0 || !world.up.every((host) => host.isRunning)) return false
  return behind(state).length === 0 && undecided(state.kafka).length === 0
}

/** Why it is not drained. */
export function whatIsMissing(state: RunState): readonly Difference[] {
  const { world, kafka } = state
  const members = world.hosts
    .filter((host) => host.isUp)
    .map((host) => `${host.name} is ${host.state}`)
  const partitions = behind(state).map(
    ({ topic, partition, committed, end }) =>
      `${topic}-${partition} at ${committed ?? 'none'} of ${end}`,
  )
  const open = undecided(kafka).map(({ topic, partition }) => `${topic}-${partition}`)
  return [
    {
      where: 'stuck: the app has not processed everything',
      expected: 'all members running, all inputs committed, all transactions decided',
      actual: [
        members.join(', '),
        partitions.length === 0 ? '' : `behind: ${partitions.join(', ')}`,
        open.length === 0 ? '' : `undecided: ${open.join(', ')}`,
      ]
        .filter((text) => text !== '')
        .join('; '),
    },
  ]
}

interface Behind extends TopicPartition {
  readonly committed: number | undefined
  readonly end: number
}

/** Repartition topics, and those of joins over foreign keys. */
const INTERNAL_INPUT = /-(repartition|registration-topic|response-topic)$/

/** Partitions that the app or a sink of it has to read, with committed records beyond its committed offset. */
export function behind({ scenario, kafka }: RunState): readonly Behind[] {
  const global = new Set(scenario.parts.flatMap((part) => part.globalTopics ?? []))
  const topics = scenario.inputs.map(({ record }) => record.topic)
  const sources = new Set(topics.filter((topic) => !global.has(topic)))
  const readBy = new Map(scenario.parts.flatMap((part) => Object.entries(part.readBy ?? {})))
  const groupsOf = (topic: string): readonly string[] =>
    readBy.get(topic) ?? (sources.has(topic) || INTERNAL_INPUT.test(topic) ? [APPLICATION_ID] : [])
  return logs(kafka).flatMap((log) =>
    groupsOf(log.topic).flatMap((group) => {
      const { topic, partition } = log
      const committed = kafka.committedOffset(group, { topic, partition })
      const last = log.everything().findLast(({ outcome }) => outcome !== 'aborted')
      const end = last === undefined ? 0 : last.record.offset + 1
      return (committed ?? 0) < end ? [{ topic, partition, committed, end }] : []
    }),
  )
}

/** Partitions with a transaction that is neither committed nor aborted. */
export function undecided(kafka: SimulatedKafka): readonly TopicPartition[] {
  return logs(kafka).filter((log) => log.lastStableOffset < log.endOffset)
}

export function logs(kafka: SimulatedKafka): readonly PartitionLog[] {
  return kafka.topics.names.flatMap((name) => kafka.topics.get(name)?.partitions ?? [])
}
