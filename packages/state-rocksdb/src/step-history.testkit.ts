import { MillraceError } from '@millrace/core'
import { bytesToMapKey, type StateBackend, type TaskState } from '@millrace/core/internal'

export const STORES: readonly string[] = ['counts', 'windows']
export const TASK = '0_0'

const KEYS = 8
const MANY = 120
const POSITION_PER_STEP = 3
const EVERYTHING = { from: undefined, to: undefined, reverse: false }

/**
 * A sequence of steps that is known from its number alone: each writes both stores and their positions,
 * so a state between two steps differs from the state after any. `padding` makes values longer.
 *
 * Step n puts `key` = n in `counts` and deletes another key; in `windows` it adds a row of the segment
 * n / 4, and every fourth step drops the segment before the last as a range, and writes into that range. Each
 * second segment begins with many rows, so that ranges are dropped in either of two ways.
 */
export async function applyStep(state: TaskState, step: number, padding = 0): Promise<void> {
  const segment = Math.floor(step / 4)
  const dropped = segment - 2
  const expires = step % 4 === 0 && dropped >= 0
  const value = valueOf(step, padding)
  const windows = [
    write(rowOf(segment, step), value),
    ...manyRows(step).map((row) => write(row, 'many')),
  ]
  if (expires) windows.push(write(rowOf(dropped, step), 'late'))
  await state.apply(
    [
      {
        store: 'counts',
        writes: [write(`key-${step % KEYS}`, value), write(`key-${(step + 3) % KEYS}`, null)],
      },
      {
        store: 'windows',
        deletedRanges: expires
          ? [{ from: utf8(rowOf(0, 0)), to: utf8(rowOf(dropped + 1, 0)) }]
          : [],
        writes: windows,
      },
    ],
    new Map(
      STORES.map((store) => [
        store,
        { offset: step * POSITION_PER_STEP, topicId: `topic of ${store}` },
      ]),
    ),
  )
}

/** What must be there after `step`, in the words of {@link contentOf}. */
export function contentAfter(step: number, padding = 0): string {
  const counts = new Map<string, string>()
  let windows = new Map<string, string>()
  for (let n = 1; n <= step; n++) {
    const segment = Math.floor(n / 4)
    const dropped = segment - 2
    if (n % 4 === 0 && dropped >= 0) {
      windows = new Map([...windows].filter(([row]) => row >= rowOf(dropped + 1, 0)))
      windows.set(rowOf(dropped, n), 'late')
    }
    windows.set(rowOf(segment, n), valueOf(n, padding))
    for (const row of manyRows(n)) windows.set(row, 'many')
    counts.set(`key-${n % KEYS}`, valueOf(n, padding))
    counts.delete(`key-${(n + 3) % KEYS}`)
  }
  const position = step === 0 ? 'none' : String(step * POSITION_PER_STEP)
  return [counts, windows]
    .map((entries) => `${position}: ${[...entries].sort().join(' ')}`)
    .join('\n')
}

/** Positions and all entries, also read one by one. */
export function contentOf(state: TaskState): string {
  return STORES.map((store) => {
    const entries = state.entries(store)
    const rows = [...entries.range(EVERYTHING)].map(([key, value]) => {
      const alone = entries.get(key, bytesToMapKey(key))
      if (alone === undefined || Buffer.compare(alone, value) !== 0) {
        throw new Error(`get and range differ at ${bytesToMapKey(key)} of ${store}`)
      }
      return `${bytesToMapKey(key)},${bytesToMapKey(value)}`
    })
    const position = state.position(store)
    if (position !== undefined && position.topicId !== `topic of ${store}`) {
      throw new Error(`topic id ${position.topicId} of ${store}`)
    }
    return `${position === undefined ? 'none' : String(position.offset)}: ${rows.join(' ')}`
  }).join('\n')
}

/** Where a state is in a history of `steps`. */
export type Outcome =
  | { readonly kind: 'consistent'; readonly step: number }
  | { readonly kind: 'corrupt' }
  | { readonly kind: 'wrong'; readonly content: string }

/** The step whose state it is, if its content is exactly what that step leaves. */
export function stepOf(state: TaskState, padding = 0): Outcome {
  const content = contentOf(state)
  const step = (state.position(STORES[0] ?? '')?.offset ?? 0) / POSITION_PER_STEP
  if (contentAfter(step, padding) === content) return { kind: 'consistent', step }
  return { kind: 'wrong', content }
}

/** Opens what is in the directory, reads all of it, and says which step it is the state of. */
export async function outcomeOf(
  backend: StateBackend,
  directory: string,
  padding = 0,
): Promise<Outcome> {
  let state: TaskState | undefined
  try {
    state = await openSteps(backend, directory)
    return stepOf(state, padding)
  } catch (error) {
    if (MillraceError.is(error, 'MR_STATE_CORRUPT')) return { kind: 'corrupt' }
    throw error
  } finally {
    await state?.close()
  }
}

export async function openSteps(backend: StateBackend, directory: string): Promise<TaskState> {
  return backend.open({ taskId: TASK, stores: STORES, directory })
}

function manyRows(step: number): readonly string[] {
  if (step % 8 !== 0) return []
  return Array.from({ length: MANY }, (_, i) => `${rowOf(step / 4, step)}-${i}`)
}

function valueOf(step: number, padding: number): string {
  return String(step) + '.'.repeat(padding)
}

function rowOf(segment: number, step: number): string {
  return `${String(segment).padStart(5, '0')}/${String(step).padStart(6, '0')}`
}

function write(
  key: string,
  value: string | null,
): { key: Uint8Array; mapKey: string; value: Uint8Array | null } {
  return { key: utf8(key), mapKey: key, value: value === null ? null : utf8(value) }
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8')
}
