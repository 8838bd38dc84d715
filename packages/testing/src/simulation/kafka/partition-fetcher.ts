import type {
  ConsumedRecord,
  PolledBatch,
  TopicPartition,
  TopicPartitionOffset,
} from '@millrace/core/internal'
import { brokerError, unavailable, unknownTopic } from './broker-error.ts'
import { ANY_BROKER, type Answer } from './broker-network.ts'
import type { KafkaCall } from './kafka-faults.ts'
import type { PartitionLog } from './partition-log.ts'
import { partitionText } from './partition-text.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'
import type { SimulatedConnection } from './simulated-connection.ts'

interface FetchedPartition extends TopicPartition {
  /** A poll under way may only move the position that it saw. */
  readonly version: number
  offset: number
  /** The last end that was told. */
  saidEnd: number
  /** The end of the log as of the last fetch. */
  knownEnd: number | undefined
  /** An error was told: nothing is read until the position is set anew. */
  isBroken: boolean
}

interface Gathered {
  readonly records: ConsumedRecord[]
  readonly ends: TopicPartitionOffset[]
  /** What the position becomes, if it is still the same then; `last`: of the last record, if there is one. */
  readonly moves: {
    readonly from: FetchedPartition
    readonly offset: number
    readonly last: number | undefined
  }[]
}

type ReadProblem = 'unknown-topic' | 'out-of-range'

/** "All brokers are away" is said at most this often: pollers keep polling. */
const REPORT_AWAY_MS = 5000

/** How long after a log has grown a fetch that waits for it sees that. */
const WAKE_MS = 0.2

/**
 * Reads partitions at positions, one poll at a time: what group consumers and readers have in common.
 *
 * Semantics: what a poll gives is read when its request reaches the brokers, and comes later. Records of
 * a partition come in one block; which partitions come first, how large the blocks are, and whether an end
 * is told with the last records or by the next poll, is up to the faults. So is whether the last record of
 * a partition comes again with the next poll, when the partition is paused under a poll.
 */
export class PartitionFetcher {
  readonly #cluster: SimulatedCluster
  readonly #connection: SimulatedConnection
  readonly #call: KafkaCall & { readonly operation: 'consumer.poll' | 'reader.poll' }
  readonly #partitions = new Map<string, FetchedPartition>()
  readonly #paused = new Set<string>()
  /** Those that were paused since the last poll began, be it by the client itself. */
  readonly #interrupted = new Set<string>()
  #versions = 0
  #reportedAwayMs = -Infinity
  /** Of the poll that waits for records. */
  #lookAgain: (() => void) | undefined

  constructor(
    cluster: SimulatedCluster,
    connection: SimulatedConnection,
    operation: 'consumer.poll' | 'reader.poll',
  ) {
    this.#cluster = cluster
    this.#connection = connection
    const { process, clientId } = connection.client
    this.#call = { operation, process: process.name, clientId }
  }

  has(partition: TopicPartition): boolean {
    return this.#partitions.has(partitionText(partition))
  }

  setPositions(positions: readonly TopicPartitionOffset[]): void {
    for (const { topic, partition, offset } of positions) {
      const key = partitionText({ topic, partition })
      this.#partitions.set(key, {
        topic,
        partition,
        version: ++this.#versions,
        offset,
        saidEnd: -1,
        knownEnd: this.#partitions.get(key)?.knownEnd,
        isBroken: false,
      })
    }
    this.#lookAgain?.()
  }

  remove(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      this.#partitions.delete(partitionText(partition))
      this.#paused.delete(partitionText(partition))
    }
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      this.#paused.add(partitionText(partition))
      this.#interrupted.add(partitionText(partition))
    }
  }

  /** The client pauses all partitions when a rebalance begins, and resumes them with the answer. */
  rebalanceBegins(): void {
    for (const key of this.#partitions.keys()) this.#interrupted.add(key)
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#paused.delete(partitionText(partition))
    this.#lookAgain?.()
  }

  knownEnd(partition: TopicPartition): number | undefined {
    return this.#partitions.get(partitionText(partition))?.knownEnd
  }

  poll(maxRecords: number, timeoutMs: number): Promise<PolledBatch> {
    this.#interrupted.clear()
    return new Promise((resolve, reject) => {
      const { process } = this.#connection.client
      const { faults, scheduler } = this.#cluster.network
      const limit = Math.min(maxRecords, faults.pollRecords(this.#call))
      const untilMs = scheduler.nowMs() + timeoutMs
      const answer: Answer<Gathered> = {
        resolve: (gathered) => {
          process.complete(faults.latencyMs(this.#call), this.#call.operation, () => {
            this.#settle(gathered)
            resolve({ records: gathered.records, ends: gathered.ends })
          })
        },
        reject: (error) => {
          process.complete(faults.latencyMs(this.#call), this.#call.operation, () => {
            reject(error)
          })
        },
      }
      process.request(faults.latencyMs(this.#call), this.#call.operation, () => {
        this.#gatherUntil(untilMs, limit, answer)
      })
    })
  }

  /** Gathers now, and again when something changes, until there is something or the time is over. */
  #gatherUntil(untilMs: number, limit: number, answer: Answer<Gathered>): void {
    const { scheduler } = this.#cluster.network
    const problem = this.#problem()
    if (problem !== undefined) {
      answer.reject(problem)
      return
    }
    const gathered = this.#gather(limit)
    const isSomething = gathered.records.length > 0 || gathered.ends.length > 0
    const leftMs = untilMs - scheduler.nowMs()
    if (isSomething || leftMs <= 0 || this.#connection.isClosed) {
      answer.resolve(gathered)
      return
    }
    const logs = this.#readable().flatMap(({ log }) => log ?? [])
    let isOver = false
    const goOn = (afterMs: number): void => {
      if (isOver) return
      isOver = true
      cancel()
      this.#lookAgain = undefined
      for (const log of logs) log.unlisten(changed)
      scheduler.setTimer(afterMs, () => {
        if (this.#connection.client.process.isAlive) this.#gatherUntil(untilMs, limit, answer)
      })
    }
    const changed = (): void => {
      goOn(WAKE_MS)
    }
    const cancel = scheduler.setTimer(leftMs, () => {
      goOn(0)
    })
    for (const log of logs) log.listen(changed)
    this.#lookAgain = changed
  }

  #gather(limit: number): Gathered {
    const { faults } = this.#cluster.network
    const gathered: Gathered = { records: [], ends: [], moves: [] }
    const readable = this.#readable()
    while (readable.length > 0) {
      const [next] = readable.splice(faults.choose(readable.length), 1)
      if (next?.log === undefined) continue
      const room = Math.min(limit - gathered.records.length, faults.blockRecords(this.#call))
      this.#read(next.at, next.log, { room, gathered })
    }
    return gathered
  }

  #read(
    at: FetchedPartition,
    log: PartitionLog,
    { room, gathered }: { readonly room: number; readonly gathered: Gathered },
  ): void {
    at.knownEnd = log.endOffset
    if (room === 0) return
    const { records, nextOffset } = log.read(at.offset, room)
    for (const record of records) gathered.records.push(record)
    gathered.moves.push({ from: at, offset: nextOffset, last: records.at(-1)?.offset })
    if (nextOffset !== log.lastStableOffset || at.saidEnd === nextOffset) return
    const isLater = records.length > 0 && this.#cluster.network.faults.choose(2) === 0
    if (isLater) return
    const { topic, partition } = at
    gathered.ends.push({ topic, partition, offset: nextOffset })
  }

  /** Positions move when the batch is there: until then a seek is in time. */
  #settle({ moves, ends }: Gathered): void {
    const said = new Set(ends.map(partitionText))
    for (const { from, offset, last } of moves) {
      const key = partitionText(from)
      const now = this.#partitions.get(key)
      if (now?.version !== from.version) continue
      if (said.has(key)) now.saidEnd = offset
      const comesAgain = last !== undefined && this.#interrupted.has(key) && this.#isUnlucky()
      now.offset = comesAgain ? last : offset
    }
  }

  #isUnlucky(): boolean {
    return this.#cluster.network.faults.choose(2) === 0
  }

  /** What may be read now, with its log: not paused, and its broker is there. */
  #readable(): { readonly at: FetchedPartition; readonly log: PartitionLog | undefined }[] {
    const { topics } = this.#cluster
    return [...this.#partitions]
      .filter(([key, at]) => !this.#paused.has(key) && !at.isBroken && !this.#isAway(at))
      .map(([, at]) => ({ at, log: topics.log(at) }))
  }

  #isAway(partition: TopicPartition): boolean {
    const { network } = this.#cluster
    return network.awayForMs(network.leaderOf(partition)) > 0
  }

  /** An error of a partition is told once; the others are read on after it. */
  #problem(): Error | undefined {
    for (const { at, log } of this.#readable()) {
      const problem = problemOf(at, log)
      if (problem === undefined) continue
      at.isBroken = true
      const { topic, partition } = at
      const { clientId } = this.#call
      const place = { operation: 'poll', clientId, topic, partition }
      if (problem === 'unknown-topic') return unknownTopic(place)
      return brokerError(
        'MR_OFFSET_OUT_OF_RANGE',
        `the position ${at.offset} is not in the log`,
        place,
      )
    }
    return this.#away()
  }

  #away(): Error | undefined {
    const { network } = this.#cluster
    const nowMs = network.scheduler.nowMs()
    const isReported = nowMs - this.#reportedAwayMs < REPORT_AWAY_MS
    if (isReported || network.awayForMs(ANY_BROKER) === 0) return undefined
    this.#reportedAwayMs = nowMs
    return unavailable({ operation: 'poll', clientId: this.#call.clientId })
  }
}

function problemOf(
  { offset }: FetchedPartition,
  log: PartitionLog | undefined,
): ReadProblem | undefined {
  if (log === undefined) return 'unknown-topic'
  return offset < log.startOffset || offset > log.endOffset ? 'out-of-range' : undefined
}
