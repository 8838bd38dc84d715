import { connect } from 'node:net'

/*
 * What the Kafka client cannot do: reading a topic's settings, granting rights. This asks the broker
 * itself, over a connection without security.
 */
const DESCRIBE_CONFIGS = 32
const CREATE_ACLS = 30
/** Of both. */
const VERSION = 1
/** The source of a setting that was given for this very topic. */
const DYNAMIC_TOPIC_CONFIG = 1
const RESOURCE = { topic: 2, group: 3, cluster: 4, transactionalId: 5 } as const
const PATTERN = { literal: 3 } as const
const OPERATION = { read: 3, write: 4, create: 5, describe: 8, idempotentWrite: 12 } as const
const ALLOW = 3
const ANSWER_TIMEOUT_MS = 10_000

/** What a user may do to one resource. */
export interface Grant {
  readonly user: string
  readonly resource: keyof typeof RESOURCE
  readonly name: string
  readonly operation: keyof typeof OPERATION
}

export async function grant(brokers: string, grants: readonly Grant[]): Promise<void> {
  const rows = grants.map(({ user, resource, name, operation }) =>
    Buffer.concat([
      int8(RESOURCE[resource]),
      text(name),
      int8(PATTERN.literal),
      text(`User:${user}`),
      text('*'),
      int8(OPERATION[operation]),
      int8(ALLOW),
    ]),
  )
  const answer = await ask(brokers, CREATE_ACLS, Buffer.concat([int32(rows.length), ...rows]))
  answer.list(() => {
    assertNone('CreateAcls', answer.int16(), answer.text())
  })
}

/** What each topic was created with, over the broker's defaults. */
export async function describeTopicConfigs(
  brokers: string,
  topics: readonly string[],
): Promise<Map<string, Record<string, string>>> {
  const resources = topics.map((topic) =>
    Buffer.concat([int8(RESOURCE.topic), text(topic), int32(-1)]),
  )
  const body = Buffer.concat([int32(topics.length), ...resources, int8(0)])
  const answer = await ask(brokers, DESCRIBE_CONFIGS, body)
  const entries = answer.list((): [string, Record<string, string>] => {
    assertNone('DescribeConfigs', answer.int16(), answer.text())
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

function assertNone(what: string, error: number, message: string | undefined): void {
  if (error !== 0) throw new Error(`${what}: ${error} ${message ?? ''}`)
}

async function ask(brokers: string, api: number, body: Buffer): Promise<Answer> {
  const message = Buffer.concat([int16(api), int16(VERSION), int32(1), text('e2e'), body])
  const bytes = await exchange(brokers.split(',')[0] ?? '', [int32(message.length), message])
  const answer = new Answer(bytes)
  answer.int32() // correlation id
  answer.int32() // throttle time
  return answer
}

function exchange(broker: string, message: readonly Buffer[]): Promise<Buffer> {
  const [host, port] = broker.split(':')
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const socket = connect({ host: host ?? '', port: Number(port), timeout: ANSWER_TIMEOUT_MS })
    socket.once('error', reject)
    socket.once('timeout', () => {
      socket.destroy(new Error(`no answer from ${broker}`))
    })
    socket.once('connect', () => socket.write(Buffer.concat(message)))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return
      socket.destroy()
      resolve(received.subarray(4))
    })
  })
}

function int8(value: number): Buffer {
  return Buffer.from([value])
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
