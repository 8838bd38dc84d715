import type { Awaitable } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import type { ValueGetter, ValueGetterSupplier } from '../../processor/value-getter.ts'
import { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import type { ValueAndTimestamp } from '../../state/key-value-store.ts'
import { valueAndTimestamp } from '../../state/timestamped-key-value-store.ts'

/** A value that may be missing, on either side; null for no row. */
export type RowJoiner<K, VL, VR, R> = (left: VL | null, right: VR | null, key: K) => R | null

/** Which sides must have a row for the join to have one. One side always must. */
export interface RequiredSides {
  readonly left: boolean
  readonly right: boolean
}

export interface TableJoinSideParts<K, V, VO, R> {
  /** The rows of the other side. */
  readonly other: ValueGetterSupplier<K, VO>
  /** This side's value first, whichever side it is. */
  readonly joiner: RowJoiner<K, V, VO, R>
  readonly isOwnRequired: boolean
  readonly isOtherRequired: boolean
  readonly sendOldValues: boolean
  /** True: this side is versioned, and an update that is not its latest is dropped (KIP-914). */
  readonly isVersioned: boolean
}

/**
 * One side of a join of two tables: joins each change of it with the row that the other side has.
 *
 * The timestamp is the larger of the two rows', the headers are those of the change. A null key is dropped
 * and counted. No change goes out where there is no row before and none after, as far as that can be seen:
 * when the other side is required and has no row, or when neither it nor the change has one. Else a row
 * that is missing goes out as a tombstone (Kafka Streams: `KTableKTableInnerJoin`, `…LeftJoin`,
 * `…RightJoin`, `…OuterJoin`). Of a side with a cache the rows are those that were forwarded; in Kafka Streams they
 * are the current ones, and of two rows that are deleted in one commit the join is left behind.
 */
export function tableJoinSide<K, V, VO, R>(
  parts: TableJoinSideParts<K, V, VO, R>,
): ProcessorSupplier<K, Change<V>, K, Change<R>> {
  return () => new TableJoinSide(parts)
}

/** The view: joins the rows that both sides have now. It is never versioned, as in Kafka Streams. */
export function joinView<K, VL, VR, R>(
  left: ValueGetterSupplier<K, VL>,
  right: ValueGetterSupplier<K, VR>,
  { joiner, required }: { joiner: RowJoiner<K, VL, VR, R>; required: RequiredSides },
): ValueGetterSupplier<K, R> {
  return {
    storeNames: [...new Set([...left.storeNames, ...right.storeNames])],
    create(context, seen) {
      const lefts = left.create(context, seen)
      const rights = right.create(context, seen)
      return {
        get(key) {
          const l = lefts.get(key)
          if (l === null && required.left) return null
          const r = rights.get(key)
          if (r === null && (required.right || l === null)) return null
          const value = joiner(l?.value ?? null, r?.value ?? null, key)
          return value === null ? null : joinedRow(value, l, r)
        },
      }
    },
  }
}

/** At least one of the two is there. The later one's headers; the left one's when they are of one time. */
function joinedRow<R>(
  value: R,
  left: ValueAndTimestamp<unknown> | null,
  right: ValueAndTimestamp<unknown> | null,
): ValueAndTimestamp<R> {
  const leftMs = left?.timestampMs ?? -1
  const rightMs = right?.timestampMs ?? -1
  const later = leftMs >= rightMs ? left : right
  return valueAndTimestamp(value, Math.max(leftMs, rightMs), later?.headers)
}

class TableJoinSide<K, V, VO, R> implements Processor<K, Change<V>, K, Change<R>> {
  readonly #parts: TableJoinSideParts<K, V, VO, R>
  #others!: ValueGetter<K, VO> // set by init, which comes before the first record

  constructor(parts: TableJoinSideParts<K, V, VO, R>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, Change<R>>): void {
    this.#others = this.#parts.other.create(context, 'forwarded')
  }

  process(
    record: StreamRecord<K, Change<V>>,
    context: ProcessorContext<K, Change<R>>,
  ): Awaitable<void> {
    const { key, value: change, timestampMs } = record
    if (key === null) {
      context.recordDropped('null-key')
      return
    }
    const { isVersioned, isOtherRequired, sendOldValues } = this.#parts
    if (isVersioned && !change.isLatest) {
      context.recordDropped('out-of-order-version')
      return
    }
    const other = this.#others.get(key)
    if (other === null) {
      if (isOtherRequired || (change.newValue === null && change.oldValue === null)) return
    }
    const otherValue = other === null ? null : other.value
    const after = this.#joined(change.newValue, otherValue, key)
    const before = sendOldValues ? this.#joined(change.oldValue, otherValue, key) : null
    const out = record.withValue(new Change(after, before, change.isLatest))
    const laterMs = other === null ? timestampMs : Math.max(timestampMs, other.timestampMs)
    return context.forward(laterMs === timestampMs ? out : out.withTimestamp(laterMs))
  }

  #joined(own: V | null, other: VO | null, key: K): R | null {
    if (own === null && (this.#parts.isOwnRequired || other === null)) return null
    return this.#parts.joiner(own, other, key)
  }
}
