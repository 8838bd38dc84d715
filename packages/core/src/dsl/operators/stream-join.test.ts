import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CollectingContext, record } from '../../processor/collect.testkit.ts'
import type { Processor } from '../../processor/processor.ts'
import { serdes } from '../../serde/serdes.ts'
import { outerJoinStore } from '../../state/outer-join-store.ts'
import { recordWindowStore } from '../../state/record-window-store.ts'
import { joinWindows } from '../../time/join-windows.ts'
import { joinWindow } from './join-window.ts'
import { streamJoinSide } from './stream-join.ts'
import { streamSelfJoin } from './stream-self-join.ts'

const text = { key: serdes.string, value: serdes.string }
const windows = joinWindows(10, { grace: 0 })
const lefts = recordWindowStore('lefts', { ...text, retentionMs: 20 })
const rights = recordWindowStore('rights', { ...text, retentionMs: 20 })
const waiting = outerJoinStore('waiting', { key: text.key, left: text.value, right: text.value })
const both = (left: string, right: string | null): string => `${left}+${right}`

const asyncContext = (): CollectingContext<string, string> =>
  new CollectingContext({ stores: [lefts, rights, waiting], isAsync: true })

const valuesOf = ({ forwarded }: CollectingContext<string, string>): readonly string[] =>
  forwarded.map(({ value }) => value)

test('matches and released records go out one by one where the downstream is asynchronous', async () => {
  const context = asyncContext()
  const left: Processor<string, string, string, string> = streamJoinSide<
    string,
    string,
    string,
    string
  >({
    isLeft: true,
    windows,
    otherStore: rights,
    joiner: both,
    isOuter: true,
    isOtherOuter: false,
    unmatched: { windows, store: waiting, resultOf: ({ value }) => both(String(value), null) },
  })()
  await left.init?.(context)
  const others = context.getStateStore(rights)
  for (const ms of [500, 501, 502]) others.put(record('a', `r${ms}`, ms))
  for (const ms of [100, 101]) await left.process(record('a', `l${ms}`, ms), context)
  await left.process(record('a', 'last', 503), context)

  assert.deepEqual(valuesOf(context), [
    'l100+null',
    'l101+null',
    'last+r500',
    'last+r501',
    'last+r502',
  ])
  assert.equal(context.mostInFlight, 1)
})

test('so do the results of a self-join', async () => {
  const context = asyncContext()
  const self = streamSelfJoin({ windows, store: lefts, joiner: both })()
  await self.init?.(context)
  const kept = context.getStateStore(lefts)
  for (const ms of [98, 102]) kept.put(record('a', String(ms), ms))
  await self.process(record('a', '100', 100), context)

  assert.deepEqual(valuesOf(context), ['100+98', '100+102', '98+100', '100+100', '102+100'])
  assert.equal(context.mostInFlight, 1)
})

test('a record is kept when the join is done with it', async () => {
  const context = asyncContext()
  const window = joinWindow(lefts)()
  await window.init?.(context)
  const kept = context.getStateStore(lefts)
  const done = window.process(record('a', '1', 100), context)

  assert.deepEqual(kept.fetch('a', 0, 200), [])
  await done
  assert.deepEqual(kept.fetch('a', 0, 200), [[100, '1']])
})
