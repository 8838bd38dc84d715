import type { CopyState } from './placement.ts'

/** A copy of a task, as its member tells of it. */
export interface StandbyStatus {
  readonly state: CopyState
  /** By store: the changelog offset to go on from. Empty for a copy that is not open. */
  readonly offsets: Readonly<Record<string, number>>
}

/** What a member tells the others about itself. */
export interface MemberRecord {
  /** Of one life of the member: a process that starts again under the same instance id has another one. */
  readonly session: string
  /** Counts the member's heartbeats, from 0. A record that tells of a change has the last one's. */
  readonly beat: number
  /** Ids of the tasks that it processes or restores. */
  readonly active: readonly string[]
  /** By task id. */
  readonly standby: Readonly<Record<string, StandbyStatus>>
}

/** Of the form below. A reader ignores members of versions that it does not know. */
const VERSION = 1

/** JSON in UTF-8: the fields of the record, and `v`. */
export function encodeMemberRecord({ session, beat, active, standby }: MemberRecord): Uint8Array {
  return Buffer.from(JSON.stringify({ v: VERSION, session, beat, active, standby }))
}

/** Undefined for what this version does not understand. */
export function decodeMemberRecord(bytes: Uint8Array): MemberRecord | undefined {
  let form: unknown
  try {
    form = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    // Not of Millrace, or of a version that is no JSON: as good as a version not known.
    return undefined
  }
  if (!isObject(form) || form['v'] !== VERSION) return undefined
  const { session, beat, active } = form
  if (typeof session !== 'string' || !isCount(beat)) return undefined
  if (!Array.isArray(active) || !active.every((task) => typeof task === 'string')) return undefined
  const standby = decodeStandby(form['standby'])
  return standby === undefined ? undefined : { session, beat, active, standby }
}

function decodeStandby(form: unknown): MemberRecord['standby'] | undefined {
  if (!isObject(form)) return undefined
  const tasks: [string, StandbyStatus][] = []
  for (const [task, status] of Object.entries(form)) {
    if (!isObject(status)) return undefined
    const { state, offsets } = status
    if (!isCopyState(state) || !isObject(offsets) || !hasCounts(offsets)) return undefined
    tasks.push([task, { state, offsets }])
  }
  return Object.fromEntries(tasks)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCopyState(value: unknown): value is CopyState {
  return value === 'stored' || value === 'filling' || value === 'warm'
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function hasCounts(
  value: Readonly<Record<string, unknown>>,
): value is Readonly<Record<string, number>> {
  return Object.values(value).every(isCount)
}
