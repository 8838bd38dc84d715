import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a server tells its parent. */
export type ServerMessage =
  | { readonly kind: 'listens'; readonly port: number }
  | { readonly kind: 'counted'; readonly requests: number; readonly keys: number }

/** As a program, with a channel to its parent: answers each request with 204, and counts requests and keys. */
let requests = 0
let keys = new Set<string>()
const server = createServer((request, response) => {
  request.resume()
  request.once('end', () => {
    requests++
    keys.add(String(request.headers['idempotency-key']))
    response.writeHead(204).end()
  })
})
const tell = (message: ServerMessage): void => {
  process.send?.(message)
}
/** Any message: tells the counts, and begins anew. */
process.on('message', () => {
  tell({ kind: 'counted', requests, keys: keys.size })
  requests = 0
  keys = new Set()
})
process.on('disconnect', () => {
  process.exit()
})
server.listen(0, '127.0.0.1', () => {
  tell({ kind: 'listens', port: (server.address() as AddressInfo).port }) // it listens on TCP
})
