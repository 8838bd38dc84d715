import { connect } from 'node:net'

/*
 * The Kafka client cannot read a topic's settings, so this asks the broker itself: DescribeConfigs,
 * version 1, over a connection without security.
 */
const DESCRIBE_CONFIGS = 32
const VERSION = 1
const TOPIC = 2
/** The source of a setting that was given for this very topic. */
const DYNAMIC_TOPIC_CONFIG = 1
const ANSWER_TIMEOUT_MS = 10_000

/** What each topic was created with, over the broker's defaults. */
export async function describeTopicConfigs(
  brokers: string,
  topics: readonly string[],
): Promise<Map<string, Record<string, string>>> {
  const answer = new Answer(await ask(brokers.split(',')[0] ?? '', request(topics)))
  answer.int32() // correlation id
  answer.int32() // throttle time
  const entries = answer.list((): [string, Record<string, string>] => {
    const error = answer.int16()
    const message = answer.text()
    if (error !== 0) throw new Error(`DescribeConfigs: ${error} ${message ?? ''}`)
    answer.int8() // resource type
    const topic = answer.text() ?? ''
    return [topic, Object.fromEntries(answer.list(() => setting(answer)).flat())]
  })
  return new Map(entries)
}

/** One setting when it is the topic's own, else none. */
function setting(answer: Answer): [string, string][] {
  const name = answer.text() ?? ''
  const value = answer.text() ?? ''
  answer.int8() // read-only
  const source = answer.int8()
  answer.int8() // sensitive
  answer.list(() => [answer.text(), answer.text(), answer.int8()]) // synonyms
  return source === DYNAMIC_TOPIC_CONFIG ? [[name, value]] : []
}

function request(topics: readonly string[]): Buffer {
  const header = Buffer.concat([int16(DESCRIBE_CONFIGS), int16(VERSION), int32(1), text('e2e')])
  const resources = topics.map((topic) =>
    Buffer.concat([Buffer.from([TOPIC]), text(topic), int32(-1)]),
  )
  const body = Buffer.concat([header, int32(topics.length), ...resources, Buffer.from([0])])
  return Buffer.concat([int32(body.length), body])
}

function ask(broker: string, message: Buffer): Promise<Buffer> {
  const [host, port] = broker.split(':')
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const socket = connect({ host: host ?? '', port: Number(port), timeout: ANSWER_TIMEOUT_MS })
    socket.once('error', reject)
    socket.once('timeout', () => {
      socket.destroy(new Error(`no answer from ${broker}`))
    })
    socket.once('connect', () => socket.write(message))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return
      socket.destroy()
      resolve(received.subarray(4))
    })
  })
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([int16(bytes.length), bytes])
}

/** Reads the fields of an answer one after the other. */
class Answer {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int8(): number {
    return this.#bytes.readInt8(this.#advance(1))
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#advance(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#advance(4))
  }

  text(): string | undefined {
    const length = this.int16()
    if (length < 0) return undefined
    const start = this.#advance(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.int32() }, read)
  }

  #advance(bytes: number): number {
    const at = this.#at
    this.#at += bytes
    return at
  }
}
