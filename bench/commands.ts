import { sinkHttp } from './http/sink-http-command.ts'
import { matrix } from './matrix.ts'
import { processes } from './processes/processes-command.ts'
import { profile } from './profile.ts'
import { restart } from './restart/restart-command.ts'
import { summary } from './report/summary-command.ts'
import { run } from './run/measure.ts'
import { streamJoin } from './task/stream-join-command.ts'
import { sinkJdbc } from './sql/sink-jdbc-command.ts'
import { parseRunOptions, type Workload, WORKLOADS } from './run/run-options.ts'

/** Resolves to the exit status: 0 done, 3 the output was wrong. */
export type Command = (args: readonly string[]) => Promise<number> | number

const USAGE = `Usage: bench COMMAND

  passthrough [options]      filter and mapValues, one record out for each one in
  count [options]            groupByKey and count
  window [options]           the same in tumbling windows of a minute
  session [options]          the same in sessions with a gap of 30 s
  join [options]             with a table of 10,000 users
  client [options]           the Kafka client alone: read, send, commit
  client-consume [options]   the Kafka client alone: read, commit
  matrix [--rounds N] [--peers DIR] [--quix] [--workload NAME] [options]
                             all of it and the peers, by turns; appends to results/<date>.jsonl
  processes [--records N]    a CPU-bound operator under "millrace run", one process and two
  restart [--keys N] [--memory-mb N]
                             what a crash costs with N keys in RocksDB
  stream-join [--records N] [--keys N] [--kind inner|left|outer] [--store memory|rocksdb]
                             a join of two streams in this process, without a broker
  sink-http [--records N] [--keys N] [--concurrency N] [--rounds N]
                             the HTTP sink beside loops of fetch, on one server, without a broker
  sink-jdbc [--records N] [--keys N] [--batch N] [--rounds N]
                             the SQL sink beside the plain driver, on one PostgreSQL, without a broker
  profile WORKLOAD [options] where the CPU time of a workload goes
  summary [--all] FILE…      a Markdown table of medians; --all keeps noisy runs in it

Options: --records N  --guarantee eos|alos  --commit-interval-ms N  --value raw|json
         --store memory|rocksdb  --cache BYTES (0: each update is emitted)
         --bootstrap HOST:PORT  --broker-pid PID  --no-verify  --keep  --timeout-seconds N

More: bench/README.md
`

export const COMMANDS: Readonly<Record<string, Command>> = {
  ...Object.fromEntries(
    WORKLOADS.map((workload) => [workload, (args: readonly string[]) => runOne(workload, args)]),
  ),
  matrix,
  processes,
  profile,
  restart,
  'sink-http': sinkHttp,
  'sink-jdbc': sinkJdbc,
  'stream-join': streamJoin,
  summary,
  help: () => {
    process.stdout.write(USAGE)
    return 0
  },
}

async function runOne(workload: Workload, args: readonly string[]): Promise<number> {
  const { line } = await run(parseRunOptions(workload, args))
  process.stdout.write(`${JSON.stringify(line)}\n`)
  return line.verified === false ? 3 : 0
}
