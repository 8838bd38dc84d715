import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { FaultProxy } from './fault-proxy.ts'

const LIMIT = { timeout: 10_000 }

/** A server that answers each line with itself in capitals, and remembers what it got. */
class Shouter {
  readonly #server: Server
  readonly sockets = new Set<Socket>()
  received = ''

  constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => this.sockets.delete(socket))
      socket.on('end', () => socket.end())
      socket.on('data', (data) => {
        this.received += data.toString()
        socket.write(data.toString().toUpperCase())
      })
    })
  }

  async start(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    assert.ok(typeof address === 'object' && address !== null)
    return address.port
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy()
    this.#server.close()
  }
}

/** A client that remembers what it got, and how it ended. */
class Client {
  readonly #socket: Socket
  received = ''
  error: string | undefined
  readonly closed: Promise<void>

  constructor({ host, port }: FaultProxy) {
    this.#socket = connect({ host, port, noDelay: true })
    this.#socket.on('data', (data) => (this.received += data.toString()))
    this.#socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code))
    this.closed = new Promise((resolve) => {
      this.#socket.once('close', () => {
        resolve()
      })
    })
  }

  send(text: string): void {
    this.#socket.write(text)
  }

  end(): void {
    this.#socket.end()
  }

  async until(received: string): Promise<void> {
    while (this.received !== received) await once(this.#socket, 'data')
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

interface Bed {
  readonly proxy: FaultProxy
  readonly server: Shouter
  readonly client: () => Client
}

async function openBed(t: TestContext): Promise<Bed> {
  const server = new Shouter()
  const proxy = await FaultProxy.start({ port: await server.start() })
  const clients: Client[] = []
  t.after(async () => {
    for (const client of clients) client.destroy()
    await proxy.close()
    server.stop()
  })
  const client = (): Client => {
    const made = new Client(proxy)
    clients.push(made)
    return made
  }
  return { proxy, server, client }
}

/** Long enough for bytes to get through if nothing held them. */
const A_WHILE_MS = 60

describe('FaultProxy', () => {
  test('bytes pass unchanged, and an end as well', LIMIT, async (t) => {
    const { client, proxy } = await openBed(t)
    const one = client()
    one.send('one')
    await one.until('ONE')
    assert.equal(proxy.openConnections, 1)
    one.end()
    await one.closed
    assert.equal(one.error, undefined)
    assert.equal(proxy.acceptedConnections, 1)
  })

  test('megabytes pass in order, both ways', LIMIT, async (t) => {
    const { client, server } = await openBed(t)
    const one = client()
    const text = Array.from({ length: 400_000 }, (_, i) => `line ${i}\n`).join('')
    one.send(text)
    one.end()
    await one.closed
    assert.equal(server.received, text)
    assert.equal(one.received, text.toUpperCase())
  })

  test('a cut resets what is open, and new connections work', LIMIT, async (t) => {
    const { client, proxy } = await openBed(t)
    const one = client()
    one.send('one')
    await one.until('ONE')
    proxy.cut()
    await one.closed
    assert.equal(one.error, 'ECONNRESET')
    const two = client()
    two.send('two')
    await two.until('TWO')
  })

  test('a proxy that refuses does so until it resumes, at the same port', LIMIT, async (t) => {
    const { client, proxy } = await openBed(t)
    const { port } = proxy
    await proxy.refuse()
    const one = client()
    await one.closed
    assert.equal(one.error, 'ECONNREFUSED')
    await proxy.resume()
    assert.equal(proxy.port, port)
    const two = client()
    two.send('two')
    await two.until('TWO')
  })

  test('a stall holds bytes, and resume delivers them in order', LIMIT, async (t) => {
    const { client, proxy, server } = await openBed(t)
    const one = client()
    one.send('a')
    await one.until('A')
    proxy.stall()
    one.send('b')
    await delay(A_WHILE_MS)
    one.send('c')
    await delay(A_WHILE_MS)
    assert.equal(server.received, 'a')
    await proxy.resume()
    await one.until('ABC')
    assert.equal(server.received, 'abc')
  })

  test('a black hole loses bytes, and resume severs what lost some', LIMIT, async (t) => {
    const { client, proxy, server } = await openBed(t)
    const [one, two] = [client(), client()]
    one.send('1')
    two.send('2')
    await Promise.all([one.until('1'), two.until('2')])
    proxy.blackHole()
    one.send('lost')
    await delay(A_WHILE_MS)
    assert.equal(one.error, undefined)
    await proxy.resume()
    await one.closed
    assert.equal(one.error, 'ECONNRESET')
    two.send('!')
    await two.until('2!')
    assert.equal(server.received.includes('lost'), false)
  })

  test('a delay makes each way longer, and keeps the order', LIMIT, async (t) => {
    const { client, proxy } = await openBed(t)
    const one = client()
    one.send('a')
    await one.until('A')
    proxy.delay(80)
    const startMs = performance.now()
    one.send('b')
    await one.until('AB')
    // Timers may fire a millisecond early.
    assert.ok(performance.now() - startMs > 155, 'both ways are delayed')
    one.send('c')
    await delay(20)
    proxy.delay(0)
    one.send('d')
    await one.until('ABCD')
  })
})

describe('FaultProxy: interceptions', () => {
  test(
    'a cut before a match keeps the match from the target, and nothing before it',
    LIMIT,
    async (t) => {
      const { client, proxy, server } = await openBed(t)
      const cut = proxy.intercept({ direction: 'to-target', match: 'COMMIT', then: 'cut' })
      const one = client()
      one.send('insert;COM')
      await one.until('INSERT;COM')
      one.send('MIT;')
      await cut.reached
      await one.closed
      assert.equal(one.error, 'ECONNRESET')
      assert.equal(server.received, 'insert;COM')
      const two = client()
      two.send('COMMIT')
      await two.until('COMMIT')
    },
  )

  test('what is before a match in the same packet arrives', LIMIT, async (t) => {
    const { client, proxy, server } = await openBed(t)
    const cut = proxy.intercept({ direction: 'to-target', match: 'COMMIT', then: 'cut' })
    const one = client()
    one.send('insert;COMMIT')
    await cut.reached
    await one.closed
    await delay(A_WHILE_MS)
    assert.equal(server.sockets.size, 0)
    assert.equal(server.received, 'insert;')
  })

  test('a lost answer leaves the match with the target', LIMIT, async (t) => {
    const { client, proxy, server } = await openBed(t)
    const one = client()
    one.send('insert;')
    await one.until('INSERT;')
    const lost = proxy.intercept({ direction: 'to-target', match: 'COMMIT', then: 'lose-answer' })
    one.send('COMMIT')
    await lost.reached
    await one.closed
    assert.equal(server.received, 'insert;COMMIT')
    assert.equal(one.received, 'INSERT;')
    assert.equal(one.error, 'ECONNRESET')
  })

  test('an answer can be matched as well', LIMIT, async (t) => {
    const { client, proxy, server } = await openBed(t)
    const cut = proxy.intercept({ direction: 'to-client', match: 'DONE', then: 'cut' })
    const one = client()
    one.send('not ')
    await one.until('NOT ')
    one.send('done')
    await cut.reached
    await one.closed
    assert.equal(server.received, 'not done')
    assert.equal(one.received, 'NOT ')
  })

  test('a stall at a match holds that connection alone, until it is resumed', LIMIT, async (t) => {
    const { client, proxy, server } = await openBed(t)
    const stall = proxy.intercept({ direction: 'to-target', match: 'COMMIT', then: 'stall' })
    const [one, two] = [client(), client()]
    one.send('insert;COMMIT;')
    await stall.reached
    one.send('more')
    two.send('two')
    await two.until('TWO')
    await delay(A_WHILE_MS)
    assert.deepEqual(server.received.replace('two', ''), 'insert;')
    stall.resume()
    await one.until('INSERT;COMMIT;MORE')
  })

  test('an interception that is resumed before it is reached does nothing', LIMIT, async (t) => {
    const { client, proxy } = await openBed(t)
    proxy.intercept({ direction: 'to-target', then: 'stall' }).resume()
    const one = client()
    one.send('one')
    await one.until('ONE')
  })

  test('an interception without a match takes the first bytes', LIMIT, async (t) => {
    const { client, proxy, server } = await openBed(t)
    const cut = proxy.intercept({ direction: 'to-target', then: 'cut' })
    const one = client()
    one.send('one')
    await cut.reached
    await one.closed
    assert.equal(server.received, '')
  })

  test(
    'a client that is killed while its bytes are held is gone for the target too',
    LIMIT,
    async (t) => {
      const { client, proxy, server } = await openBed(t)
      const one = client()
      one.send('one')
      await one.until('ONE')
      proxy.intercept({ direction: 'to-target', match: 'two', then: 'stall' })
      one.send('two')
      await delay(A_WHILE_MS)
      proxy.cut()
      while (server.sockets.size > 0) await delay(1)
      assert.equal(server.received, 'one')
    },
  )

  test('a target that is not there resets its clients', LIMIT, async (t) => {
    const { client, server } = await openBed(t)
    server.stop()
    const one = client()
    await one.closed
    assert.equal(one.error, 'ECONNRESET')
  })

  test('close is idempotent', LIMIT, async (t) => {
    const { proxy } = await openBed(t)
    await proxy.close()
    await proxy.close()
  })
})
