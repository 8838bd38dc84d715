import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below Linux's range for outgoing connections (32768 and up): a broker that restarts on its port
 * would otherwise lose it, now and then, to a client that connects in between.
 */
const FIRST_PORT = 20_000
const LAST_PORT = 32_000
const ATTEMPTS = 50

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => {
      resolve(false)
    })
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}

/** Ports of 127.0.0.1 on which nobody listens now, all different. Nothing reserves them. */
export async function findFreePorts(count: number): Promise<number[]> {
  const found = new Set<number>()
  for (let attempt = 0; attempt < ATTEMPTS * count && found.size < count; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT)
    if (!found.has(port) && (await isFree(port))) found.add(port)
  }
  if (found.size < count) {
    throw new Error(
      `No ${String(count)} free ports between ${String(FIRST_PORT)} and ${String(LAST_PORT)}`,
    )
  }
  return [...found]
}
