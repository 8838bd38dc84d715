import { createConnection } from 'node:net'

const API_VERSIONS = 18
const CORRELATION_ID = 1
const ANSWER_TIMEOUT_MS = 2_000

/** ApiVersions v0 with no client id: every broker answers it, also before SASL has taken place. */
function apiVersionsRequest(): Buffer {
  const request = Buffer.alloc(14)
  request.writeInt32BE(10, 0)
  request.writeInt16BE(API_VERSIONS, 4)
  request.writeInt16BE(0, 6)
  request.writeInt32BE(CORRELATION_ID, 8)
  request.writeInt16BE(-1, 12)
  return request
}

/**
 * Whether a Kafka broker answers there: true only for a complete answer without an error, since a
 * listener accepts connections before the broker behind it serves requests.
 */
export function answersKafka(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0)
    const socket = createConnection({ host, port })
    const finish = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
      finish(false)
    })
    socket.once('error', () => {
      finish(false)
    })
    socket.once('close', () => {
      finish(false)
    })
    socket.once('connect', () => {
      socket.write(apiVersionsRequest())
    })
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 10) return
      finish(received.readInt32BE(4) === CORRELATION_ID && received.readInt16BE(8) === 0)
    })
  })
}
