/** One run, as the peers print it too. */
export interface ResultLine {
  readonly peer: string
  readonly version: string
  readonly workload: string
  readonly guarantee: string
  /** Input records committed when the run was found to be finished. */
  readonly records: number
  /** From start until the committed offsets had reached the end. */
  readonly wallSeconds: number
  readonly firstCommitSeconds: number
  /** Between the first commit and the end. */
  readonly recordsPerSecond: number
  /** User and system time of the measured process, from its birth. */
  readonly cpuSeconds: number
  readonly maxRssMb: number
  readonly overallRecordsPerSecond: number
  readonly firstCommitRecords: number
  readonly value: string
  readonly cacheBytes: number | 'default'
  /** Where the state was; peers do not say. */
  readonly store?: string
  readonly commitIntervalMs: number
  readonly threads: number
  /** Only with the broker's pid. */
  readonly brokerCpuSeconds?: number
  /** What the rest of the machine took meanwhile. Only with the broker's pid. */
  readonly otherCpuSeconds?: number
  readonly outputRecords?: number
  readonly verified?: boolean | 'partial'
}

/** What was seen of a run, not rounded. */
export interface Observation {
  readonly records: number
  readonly wallSeconds: number
  readonly firstCommitSeconds: number
  readonly firstCommitRecords: number
  readonly cpuSeconds: number
  readonly maxRssMb: number
  readonly brokerCpuSeconds: number | undefined
  readonly otherCpuSeconds: number
}

export type Settings = Pick<
  ResultLine,
  | 'peer'
  | 'version'
  | 'workload'
  | 'guarantee'
  | 'value'
  | 'cacheBytes'
  | 'store'
  | 'commitIntervalMs'
>

export type Verification = Pick<ResultLine, 'outputRecords' | 'verified'>

/** The fields in the order of the peers' lines. */
export function resultLine(
  settings: Settings,
  seen: Observation,
  verification: Verification,
): ResultLine {
  const { peer, version, workload, guarantee, value, cacheBytes, commitIntervalMs } = settings
  const { records, wallSeconds, firstCommitSeconds, firstCommitRecords, brokerCpuSeconds } = seen
  const steadySeconds = wallSeconds - firstCommitSeconds
  return {
    peer,
    version,
    workload,
    guarantee,
    records,
    wallSeconds: round2(wallSeconds),
    firstCommitSeconds: round2(firstCommitSeconds),
    recordsPerSecond:
      steadySeconds > 0 ? Math.round((records - firstCommitRecords) / steadySeconds) : 0,
    cpuSeconds: round2(seen.cpuSeconds),
    maxRssMb: Math.round(seen.maxRssMb),
    overallRecordsPerSecond: Math.round(records / wallSeconds),
    firstCommitRecords,
    value,
    cacheBytes,
    ...(settings.store === undefined ? {} : { store: settings.store }),
    commitIntervalMs,
    threads: 1,
    ...(brokerCpuSeconds === undefined
      ? {}
      : {
          brokerCpuSeconds: round2(brokerCpuSeconds),
          otherCpuSeconds: round2(Math.max(0, seen.otherCpuSeconds)),
        }),
    ...verification,
  }
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}
