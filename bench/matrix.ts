import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseResultLines } from './report/summary.ts'
import { run } from './run/measure.ts'
import type { ResultLine } from './run/result-line.ts'
import {
  parseRunOptions,
  positive,
  type RunOptions,
  UsageError,
  type Workload,
} from './run/run-options.ts'

const RESULTS = join(import.meta.dirname, 'results')

/** Quix takes minutes for as many records as the others are given. */
const QUIX_RECORDS = 500_000

type Turn =
  | {
      readonly peer: 'millrace'
      readonly workload: Workload
      readonly more?: Partial<Pick<RunOptions, 'store' | 'cacheBytes'>>
    }
  | {
      readonly peer: 'kafka-streams' | 'quixstreams'
      readonly workload: string
      readonly more: readonly string[]
    }

/** One round: what is to be compared runs one after the other, so that drift falls on both. */
const ROUND: readonly Turn[] = [
  { peer: 'kafka-streams', workload: 'passthrough', more: [] },
  { peer: 'millrace', workload: 'passthrough' },
  { peer: 'quixstreams', workload: 'passthrough', more: [] },
  { peer: 'millrace', workload: 'client' },
  // Each update is emitted.
  { peer: 'kafka-streams', workload: 'count', more: ['--cache-bytes', '0'] },
  { peer: 'millrace', workload: 'count', more: { store: 'rocksdb', cacheBytes: 0 } },
  { peer: 'millrace', workload: 'count', more: { store: 'memory', cacheBytes: 0 } },
  { peer: 'quixstreams', workload: 'count', more: [] },
  // One update a key and commit, with each library's own cache size, which is the same.
  { peer: 'kafka-streams', workload: 'count', more: [] },
  { peer: 'millrace', workload: 'count', more: { store: 'rocksdb' } },
  { peer: 'millrace', workload: 'count', more: { store: 'memory' } },
  { peer: 'kafka-streams', workload: 'window', more: [] },
  { peer: 'millrace', workload: 'window', more: { store: 'rocksdb' } },
  { peer: 'kafka-streams', workload: 'window', more: ['--cache-bytes', '0'] },
  { peer: 'millrace', workload: 'window', more: { store: 'rocksdb', cacheBytes: 0 } },
  { peer: 'quixstreams', workload: 'window', more: [] },
  { peer: 'kafka-streams', workload: 'join', more: [] },
  { peer: 'millrace', workload: 'join', more: { store: 'rocksdb' } },
  { peer: 'kafka-streams', workload: 'session', more: [] },
  { peer: 'millrace', workload: 'session', more: { store: 'rocksdb' } },
]

/** `bench matrix`: every workload with Millrace and with the peers that are there, by turns. */
export async function matrix(args: readonly string[]): Promise<number> {
  const { own, rest } = takeOwnArguments(args)
  const options = parseRunOptions('passthrough', rest)
  const script = peersScript(own.peers)
  const turns = ROUND.filter(({ peer, workload }) => {
    if (own.workload !== undefined && workload !== own.workload) return false
    if (peer === 'millrace') return true
    return script !== undefined && (peer !== 'quixstreams' || own.quix)
  })
  mkdirSync(RESULTS, { recursive: true })
  const file = join(RESULTS, `${new Date().toISOString().slice(0, 10)}.jsonl`)
  let status = 0
  for (let round = 1; round <= own.rounds; round++) {
    for (const turn of turns) {
      process.stderr.write(`round ${round}: ${turn.peer} ${turn.workload}\n`)
      const line = await takeTurn(turn, options, script ?? '')
      if (line.verified === false) status = 3
      appendFileSync(file, `${JSON.stringify(line)}\n`)
      process.stdout.write(`${JSON.stringify(line)}\n`)
    }
  }
  return status
}

function peersScript(folder: string | undefined): string | undefined {
  if (folder === undefined) {
    process.stderr.write('no --peers and no MILLRACE_PEERS: Millrace only\n')
    return undefined
  }
  const script = join(folder, 'run.sh')
  if (!existsSync(script)) throw new UsageError(`there is no ${script}`)
  return script
}

async function takeTurn(turn: Turn, options: RunOptions, script: string): Promise<ResultLine> {
  if (turn.peer === 'millrace') {
    return (await run({ ...options, ...turn.more, workload: turn.workload })).line
  }
  const records =
    turn.peer === 'quixstreams' ? Math.min(QUIX_RECORDS, options.records) : options.records
  const args = [
    turn.peer,
    ...['--bootstrap', options.brokers],
    ...['--workload', turn.workload],
    ...['--guarantee', options.guarantee],
    ...['--records', String(records)],
    ...['--commit-interval-ms', String(options.commitIntervalMs)],
    ...['--timeout-seconds', String(options.timeoutSeconds)],
    ...(turn.workload === 'passthrough' ? ['--value', options.value] : []),
    ...(options.brokerPid === undefined ? [] : ['--broker-pid', String(options.brokerPid)]),
    ...turn.more,
  ]
  const child = spawn(script, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  const [line] = parseResultLines(await text(child.stdout))
  const status = await exited
  if (line === undefined) throw new Error(`${turn.peer} ended with ${status ?? 'a signal'}`)
  return line
}

interface OwnArguments {
  readonly rounds: number
  readonly peers: string | undefined
  readonly quix: boolean
  /** Undefined: all. */
  readonly workload: string | undefined
}

/** Takes the matrix's own arguments out; the rest are those of a run. */
function takeOwnArguments(args: readonly string[]): { own: OwnArguments; rest: string[] } {
  const rest: string[] = []
  let rounds = 3
  let peers = process.env['MILLRACE_PEERS']
  let quix = false
  let workload: string | undefined
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    if (arg === '--rounds') rounds = positive('rounds', args[++i] ?? '')
    else if (arg === '--peers') peers = args[++i]
    else if (arg === '--workload') workload = args[++i]
    else if (arg === '--quix') quix = true
    else rest.push(arg)
  }
  return { own: { rounds, peers, quix, workload }, rest }
}
