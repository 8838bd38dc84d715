import { CollectingContext, type CollectOptions } from '../../processor/collect.testkit.ts'
import type { Processor } from '../../processor/processor.ts'
import type { Change } from '../../record/change.ts'
import { NO_HEADERS } from '../../record/headers.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import type { Windowed } from '../../record/windowed.ts'
import { serdes } from '../../serde/serdes.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'
import type { WindowTableStore } from '../../state/window-table-store.ts'
import type { TimeWindows } from '../../time/windows.ts'
import { windowedTableStore, type WindowedTableOptions } from '../window-store-options.ts'
import { slidingAggregate } from './sliding-aggregate.ts'
import { windowAggregate } from './window-aggregate.ts'

export type Text = string | null

export interface WindowBedOptions extends CollectOptions, WindowedTableOptions<Text, string> {
  readonly windows: TimeWindows
  readonly emitsFinal?: boolean
  readonly sendOldValues?: boolean
  readonly add?: (key: Text, value: Text, aggregate: string) => string | null
}

/** An aggregation by windows of texts, without a cache. Values are put behind each other; `x` deletes. */
export class WindowBed {
  readonly context: CollectingContext<Windowed<Text>, Change<string>>
  readonly store: WindowTableStore<Text, string>
  readonly #processor: Processor<Text, Text, Windowed<Text>, Change<string>>
  #shown = 0

  constructor(options: WindowBedOptions) {
    const { windows, emitsFinal = false, sendOldValues = false, add = append } = options
    const key = serdes.nullable(serdes.string)
    const parts = { name: 's', windows, key, value: serdes.string, emitsFinal }
    const store: StoreBuilder<WindowTableStore<Text, string>> = windowedTableStore<Text, string>(
      parts,
      { ...options, caching: false },
    ).builder
    const rest = { init: () => '', add, store, sendOldValues, emitsFinal }
    const supplier =
      windows.kind === 'sliding'
        ? slidingAggregate<Text, Text, string>({ ...rest, windows })
        : windowAggregate<Text, Text, string>({ ...rest, windows })
    this.context = new CollectingContext({ ...options, stores: [store] })
    this.store = this.context.getStateStore(store)
    this.#processor = supplier()
    void this.#processor.init?.(this.context)
  }

  /** Processes a record, and gives what came of it: `key@start/end value @timestamp`, with `<old`. */
  async add(key: Text, value: Text, timestampMs: number): Promise<readonly string[]> {
    await this.#processor.process(
      new StreamRecord(key, value, timestampMs, NO_HEADERS),
      this.context,
    )
    const shown = this.context.forwarded.slice(this.#shown).map(printed)
    this.#shown = this.context.forwarded.length
    return shown
  }

  /** The table: `key@start value @timestamp`, ordered by text. */
  rows(): readonly string[] {
    return [...this.store.all()]
      .map(
        ([{ key, window }, { value, timestampMs }]) =>
          `${String(key)}@${window.startMs} ${value} @${timestampMs}`,
      )
      .sort()
  }
}

function append(_key: Text, value: Text, aggregate: string): string | null {
  return value === 'x' ? null : aggregate + String(value)
}

function printed({
  key: { key, window },
  value: { newValue, oldValue },
  timestampMs,
}: StreamRecord<Windowed<Text>, Change<string>>): string {
  const old = oldValue === null ? '' : `<${oldValue}`
  return `${String(key)}@${window.startMs}/${window.endMs} ${String(newValue)}${old} @${timestampMs}`
}
