import {
  type KeyValueStore,
  type Processor,
  type ProcessorContext,
  type ProcessorSupplier,
  StreamRecord,
  type VersionedKeyValueStore,
} from '@millrace/core'
import { ScenarioError } from './fields.ts'
import { wholeNumber } from './named.ts'
import type { ProcessSpec } from './scenario-node.ts'
import { show, text } from './text.ts'

type AnyRecord = StreamRecord<unknown, unknown>
type Context = ProcessorContext<unknown, unknown>
type AnyProcessor = Processor<unknown, unknown, unknown, unknown>

/** The store of `dedup` and `previous`: no timestamps. */
export type TextStore = KeyValueStore<unknown, unknown>

/** What a `process` node runs. `store` gives the store that it names. */
export function processorOf(
  spec: ProcessSpec,
  storeOf: (context: Context) => TextStore,
): ProcessorSupplier<unknown, unknown, unknown, unknown> {
  switch (spec.fn) {
    case 'punctuate-stream':
    case 'punctuate-wall':
      return () => punctuating(spec)
    case 'dedup':
      return () => dedup(storeOf)
    case 'previous':
      return () => previous(storeOf)
    case 'stream-time':
      return () => ({
        process: (record, context) =>
          context.forward(record.withValue(String(context.currentStreamTimeMs))),
      })
    case 'twice':
      return () => ({
        async process(record, context) {
          await context.forward(record)
          await context.forward(record.withTimestamp(record.timestampMs + 1))
        },
      })
    case 'add-header':
      return () => addingHeader(spec)
    case 'as-of':
      return () => asOf(spec)
  }
}

/** Forwards the version that was valid at the time that the value names. @throws TypeError for what is no decimal */
function asOf({ store, id }: ProcessSpec): AnyProcessor {
  return {
    process(record, context) {
      if (store === undefined) throw new ScenarioError(id, 'has no store')
      const time = text(record.value)
      if (record.key === null || time === null) return
      const versions = context.getStateStore(store) as VersionedKeyValueStore<unknown, unknown> // of a versioned table
      const version = versions.get(record.key, wholeNumber(time))
      const found = version === null ? 'none' : `${show(version.value)}@${version.timestampMs}`
      return context.forward(record.withValue(found))
    },
  }
}

/** Forwards no input; on each punctuation the number of records seen so far. */
function punctuating({ fn, intervalMs, id }: ProcessSpec): AnyProcessor {
  let seen = 0
  return {
    init(context) {
      if (intervalMs === undefined) throw new ScenarioError(id, 'has no interval')
      const type = fn === 'punctuate-wall' ? 'wall-clock-time' : 'stream-time'
      context.schedule(intervalMs, type, (nowMs) =>
        context.forward(new StreamRecord('punctuate', String(seen), nowMs)),
      )
    },
    process() {
      seen++
    },
  }
}

function dedup(storeOf: (context: Context) => TextStore): AnyProcessor {
  return {
    process(record, context) {
      const store = storeOf(context)
      if (record.key === null || store.get(record.key) !== null) return
      store.put(record.key, show(record.value))
      return context.forward(record)
    },
  }
}

function previous(storeOf: (context: Context) => TextStore): AnyProcessor {
  return {
    process(record, context) {
      if (record.key === null) return
      const store = storeOf(context)
      const before = store.get(record.key)
      store.put(record.key, text(record.value))
      return context.forward(record.withValue(`${show(before)}>${show(record.value)}`))
    },
  }
}

function addingHeader({ header, id }: ProcessSpec): AnyProcessor {
  if (header === undefined) throw new ScenarioError(id, 'has no name and value')
  const [key, value] = header
  const added = { key, value: Buffer.from(value, 'utf8') }
  return {
    process: (record: AnyRecord, context) =>
      context.forward(record.withHeaders([...record.headers, added])),
  }
}
