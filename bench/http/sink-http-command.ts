import { machineCpuSeconds, processCpuSeconds } from '../run/proc.ts'
import { parseStrictly, positive } from '../run/run-options.ts'
import { HTTP_CLIENTS, type HttpClient, type HttpLoad } from './clients.ts'
import { ServerProcess } from './server-process.ts'

const OPTIONS = {
  records: { type: 'string', default: '50000' },
  keys: { type: 'string', default: '1000' },
  concurrency: { type: 'string', default: '32' },
  rounds: { type: 'string', default: '1' },
} as const

/**
 * `bench sink-http`: requests a second of the HTTP sink beside loops of `fetch`, by turns on the same server, which is
 * a process of its own. Prints a JSON line a run. Exit status 3 when the server has not had each key once.
 */
export async function sinkHttp(args: readonly string[]): Promise<number> {
  const { values } = parseStrictly({ args: [...args], options: OPTIONS })
  const load = {
    records: positive('records', values.records),
    keys: positive('keys', values.keys),
    concurrency: positive('concurrency', values.concurrency),
  }
  const rounds = positive('rounds', values.rounds)
  const server = await ServerProcess.start()
  let isRight = true
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [client, send] of Object.entries(HTTP_CLIENTS)) {
        const result = await measure(server, send, { ...load, url: server.url })
        process.stdout.write(
          `${JSON.stringify({ workload: 'sink-http', client, ...load, ...result })}\n`,
        )
        isRight &&= result.verified
      }
    }
  } finally {
    server.stop()
  }
  return isRight ? 0 : 3
}

interface HttpResult {
  readonly wallSeconds: number
  readonly requestsPerSecond: number
  /** Of the client: user and system time. */
  readonly cpuMicrosPerRequest: number
  readonly serverCpuSeconds: number
  /** Of all other processes of the machine. */
  readonly otherCpuSeconds: number
  /** The server has had each key once. */
  readonly verified: boolean
}

async function measure(
  server: ServerProcess,
  send: HttpClient,
  load: HttpLoad,
): Promise<HttpResult> {
  // Compiles the code, and opens connections.
  await send({ ...load, records: Math.ceil(load.records / 10) })
  await server.counts()
  const before = [
    processCpuSeconds(process.pid),
    processCpuSeconds(server.pid),
    machineCpuSeconds(),
  ]
  const startMs = performance.now()
  await send(load)
  const wallSeconds = (performance.now() - startMs) / 1000
  const after = [processCpuSeconds(process.pid), processCpuSeconds(server.pid), machineCpuSeconds()]
  const [own = 0, serverSide = 0, machine = 0] = after.map(
    (seconds, i) => seconds - (before[i] ?? 0),
  )
  const { requests, keys } = await server.counts()
  return {
    wallSeconds: rounded(wallSeconds, 100),
    requestsPerSecond: Math.round(load.records / wallSeconds),
    cpuMicrosPerRequest: rounded((own / load.records) * 1e6, 10),
    serverCpuSeconds: rounded(serverSide, 100),
    otherCpuSeconds: rounded(Math.max(0, machine - own - serverSide), 100),
    verified: requests === load.records && keys === load.records,
  }
}

const rounded = (value: number, scale: number): number => Math.round(value * scale) / scale
