import { MillraceError } from '../../errors/millrace-error.ts'
import type { KafkaAdmin } from '../../kafka/admin.ts'
import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import type { KafkaProducer } from '../../kafka/producer.ts'
import type { KafkaReader } from '../../kafka/reader.ts'
import type { Logger } from '../../observe/logger.ts'
import { NO_HEADERS } from '../../record/headers.ts'
import type { Scheduler } from '../../time/clock.ts'
import { wait } from '../../time/wait.ts'
import { Wakeup } from '../wakeup.ts'
import { decodeMemberRecord, encodeMemberRecord, type MemberRecord } from './member-record.ts'
import { MemberView } from './member-view.ts'
import type { Members } from './placement.ts'

/** What a member says of itself, but for what the board adds. */
export type MemberStatus = Pick<MemberRecord, 'active' | 'standby'>

export interface MemberBoardParts {
  readonly topic: string
  readonly instanceId: string
  readonly reader: KafkaReader
  readonly producer: KafkaProducer
  readonly admin: KafkaAdmin
  readonly scheduler: Scheduler
  readonly random: () => number
  readonly logger: Logger
  /** Asked whenever this member is about to speak. */
  readonly status: () => MemberStatus
  /** Called when {@link MemberBoard.others} or {@link MemberBoard.isSettled} has changed. */
  readonly onNews: () => void
}

/** Often enough that copies are placed soon, seldom enough that a hundred members are no load. */
const HEARTBEAT_MS = 3000
/** Words are held back so long, so that those of a rebalance become one. */
const SPEAK_AT_MOST_EVERY_MS = 200
const LOOK_EVERY_MS = 250
/** The client's calls share four threads: one that waits for records keeps a thread from the others. */
const POLL_TIMEOUT_MS = 5
const POLL_RECORDS = 1000
const UNAVAILABLE_WAIT_MS = 1000
/** A farewell is a courtesy: others find out without it. */
const FAREWELL_MS = 1000

/**
 * The topic on which members tell each other which tasks they have.
 *
 * Semantics: each member writes what it has, keyed by its instance id, as a heartbeat and whenever it has
 * changed; null when it leaves. A member reads from the *end* as it is when it opens the board: whoever
 * lives speaks within a heartbeat, and at once when it sees somebody new. So nothing depends on how
 * much of the past the topic keeps, and the dead of earlier days are not met.
 *
 * Nothing here is fenced or transactional, because nothing rests on it: see {@link MemberView} for who counts
 * as gone, and docs/design.md for why a wrong view does no harm.
 */
export class MemberBoard {
  readonly #parts: MemberBoardParts
  readonly #session: string
  readonly #view: MemberView
  readonly #wakeup: Wakeup
  readonly #closing = new AbortController()
  #loop: Promise<void> = Promise.resolve()
  #cancelTimer: () => void = () => undefined
  #beat = 0
  #mustSpeak = true
  /** Resolves when what was said last is acknowledged or given up. */
  #speaking: Promise<void> | undefined

  constructor(parts: MemberBoardParts) {
    this.#parts = parts
    this.#session = Math.floor(parts.random() * Number.MAX_SAFE_INTEGER).toString(36)
    this.#view = new MemberView(parts.instanceId, this.#session)
    this.#wakeup = new Wakeup(parts.scheduler)
  }

  /** The members that are known to be there, without this one. */
  get others(): Members {
    return this.#view.others
  }

  /** False until the others had the time to be heard. */
  get isSettled(): boolean {
    return this.#view.isSettled
  }

  /** This member's last heartbeat that came back. */
  get beat(): number {
    return this.#view.beat
  }

  /** Begins to read and to speak, in the background. Never throws: a board that cannot be read is tried again. */
  open(): void {
    this.#scheduleBeat()
    this.#loop = this.#run()
  }

  /** This member's status has changed: tells it soon. */
  announce(): void {
    this.#mustSpeak = true
    this.#wakeup.wake()
  }

  /**
   * Idempotent. `isLeaving`: says farewell, if the broker answers soon. Without it the others go on to
   * count with this member, which is about to be back.
   */
  async close({ isLeaving }: { readonly isLeaving: boolean }): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    this.#cancelTimer()
    this.#wakeup.wake()
    await this.#loop
    if (isLeaving) await this.#sayFarewell()
    const { producer, reader, logger } = this.#parts
    for (const client of [producer, reader]) {
      try {
        await client.close()
      } catch (error) {
        logger.warn('a client failed to close', { error })
      }
    }
  }

  async #sayFarewell(): Promise<void> {
    const timeout = new AbortController()
    const speak = async (): Promise<void> => {
      await this.#speaking
      if (!timeout.signal.aborted) await this.#send(null)
    }
    await Promise.race([speak(), wait(this.#parts.scheduler, FAREWELL_MS, timeout.signal)])
    timeout.abort()
  }

  #scheduleBeat(): void {
    this.#cancelTimer = this.#parts.scheduler.setTimer(HEARTBEAT_MS, () => {
      this.#beat++
      this.announce()
      this.#scheduleBeat()
    })
  }

  async #run(): Promise<void> {
    const { scheduler, logger } = this.#parts
    const { signal } = this.#closing
    let isOpen = false
    while (!signal.aborted) {
      try {
        if (!isOpen) await this.#openAtEnd()
        isOpen = true
        await this.#look()
        this.#speak()
        await this.#wakeup.wait(LOOK_EVERY_MS)
      } catch (error) {
        // Copies are a service: a member whose board fails goes on without hearing of the others.
        if (!MillraceError.is(error)) throw error
        isOpen &&= error.action === 'retry'
        const fields = { code: error.code, ...error.at }
        logger.warn(`standbys: ${error.message}; the board of the members is read again`, fields)
        await wait(scheduler, UNAVAILABLE_WAIT_MS, signal)
      }
    }
  }

  /** Also after the log was cut off where this member reads, or was made anew. */
  async #openAtEnd(): Promise<void> {
    const { admin, reader, topic } = this.#parts
    const partition = { topic, partition: 0 }
    const [end] = await admin.listOffsets([partition], 'end')
    await reader.remove([partition])
    await reader.add([{ ...partition, offset: end?.offset ?? 0 }])
    this.#mustSpeak = true
  }

  async #look(): Promise<void> {
    const { records } = await this.#parts.reader.poll(POLL_RECORDS, POLL_TIMEOUT_MS)
    let isNews = false
    for (const record of records) {
      const heard = this.#read(record)
      isNews ||= heard.isNews
      this.#mustSpeak ||= heard.wantsAnswer
    }
    if (isNews) this.#parts.onNews()
  }

  #read({ key, value, offset }: ConsumedRecord): ReturnType<MemberView['read']> {
    const nothing = { isNews: false, wantsAnswer: false }
    if (key === null) return nothing
    const instanceId = Buffer.from(key).toString('utf8')
    if (value === null) return this.#view.read(instanceId, null)
    const record = decodeMemberRecord(value)
    if (record !== undefined) return this.#view.read(instanceId, record)
    this.#parts.logger.debug('standbys: a member of another version', { instanceId, offset })
    return nothing
  }

  /** One word at a time: while a broker is away they must not queue up. */
  #speak(): void {
    if (!this.#mustSpeak || this.#speaking !== undefined) return
    this.#mustSpeak = false
    const { scheduler, status } = this.#parts
    const record = { session: this.#session, beat: this.#beat, ...status() }
    const pause = wait(scheduler, SPEAK_AT_MOST_EVERY_MS, this.#closing.signal)
    this.#speaking = Promise.all([this.#send(record), pause]).then(() => {
      this.#speaking = undefined
    })
  }

  async #send(record: MemberRecord | null): Promise<void> {
    const { producer, topic, instanceId, scheduler, logger } = this.#parts
    try {
      producer.send({
        topic,
        partition: 0,
        key: Buffer.from(instanceId),
        value: record === null ? null : encodeMemberRecord(record),
        timestampMs: scheduler.nowMs(),
        headers: NO_HEADERS,
      })
      await producer.flush()
    } catch (error) {
      if (!MillraceError.is(error)) throw error
      logger.debug('standbys: this member could not speak; the next heartbeat does', { error })
    }
  }
}
