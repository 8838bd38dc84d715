/**
 * An update of a table: what flows between the processors of a KTable.
 *
 * `oldValue` is filled only where something downstream asked for it (Kafka Streams:
 * `enableSendingOldValues`). `isLatest` is false for an out-of-order update of a versioned store.
 */
export class Change<out V> {
  readonly newValue: V | null
  readonly oldValue: V | null
  readonly isLatest: boolean

  constructor(newValue: V | null, oldValue: V | null, isLatest = true) {
    this.newValue = newValue
    this.oldValue = oldValue
    this.isLatest = isLatest
  }
}
