import {
  hopping,
  type KTable,
  serdes,
  session,
  sliding,
  tumbling,
  untilTimeLimit,
  untilWindowCloses,
  type Windowed,
} from '@millrace/core'
import type { CrashPart, PartFactory, PartSeed } from './crash-part.ts'
import { append } from './inputs.ts'
import { operatorPart, type Texts } from './operator-part.ts'

/** How much later than others some records come: sometimes too late for their window. */
const LATEST_MS = 3000

const WINDOWS = ['tumbling', 'hopping', 'sliding', 'session'] as const
type Kind = (typeof WINDOWS)[number]
type Lists = KTable<Windowed<string>, string>

interface Windowing {
  readonly kind: Kind
  readonly emit: 'on-window-update' | 'on-window-close'
  readonly caching: boolean
}

/** Lists of the values in each window; a value is in its list once, whatever happens. */
function lists(stream: Texts, prefix: string, { kind, emit, caching }: Windowing): Lists {
  const grouped = stream.groupByKey()
  const options = {
    init: () => '',
    add: (_key: unknown, value: string, list: string) => append(list, value),
    store: `${prefix}-store`,
    value: serdes.string,
    caching,
  }
  const grace = 500
  if (kind === 'session') {
    const merge = (_key: unknown, left: string, right: string): string => append(left, right)
    const windows = session(400, { grace })
    return grouped.windowedBy(windows, { emit }).aggregate({ ...options, merge })
  }
  const windows =
    kind === 'tumbling'
      ? tumbling(1000, { grace })
      : kind === 'hopping'
        ? hopping(1000, { advance: 400, grace })
        : sliding(600, { grace })
  return grouped.windowedBy(windows, { emit }).aggregate(options)
}

function asStream(table: Lists): ReturnType<Lists['toStream']> {
  return table.toStream()
}

function windowedPart(
  seed: PartSeed,
  what: string,
  build: (stream: Texts, prefix: string) => Lists,
  maySkip = false,
): CrashPart {
  const { random } = seed
  return operatorPart(seed, {
    description: what,
    maySkip,
    input: (one) =>
      random.below(8) === 0
        ? { ...one, timestampMs: one.timestampMs - random.below(LATEST_MS) }
        : one,
    build: (stream, prefix) =>
      asStream(build(stream, prefix)).map(
        ({ key, window }, list) => [`${key}@${window.startMs}-${window.endMs}`, list],
        { key: serdes.string },
      ),
  })
}

/** Each update of each window. */
export const windowed: PartFactory = (seed) => {
  const kind = seed.random.pick(WINDOWS)
  // With a cache a session that was merged within a commit may never come out.
  const caching = kind !== 'session'
  const build = (stream: Texts, prefix: string): Lists =>
    lists(stream, prefix, { kind, emit: 'on-window-update', caching })
  return windowedPart(seed, `${kind} windows`, build, seed.isCached)
}

/** Only final results: of windows that close, or of a buffer that holds their updates back. */
export const finals: PartFactory = (seed) => {
  const { random } = seed
  const kind = random.pick(WINDOWS)
  const how = random.pick(['on-window-close', 'until-window-closes', 'until-time-limit'] as const)
  const build = (stream: Texts, prefix: string): Lists => {
    const emit = how === 'on-window-close' ? how : 'on-window-update'
    const table = lists(stream, prefix, { kind, emit, caching: false })
    if (how === 'on-window-close') return table
    const suppressed = how === 'until-window-closes' ? untilWindowCloses() : untilTimeLimit(700)
    return table.suppress(suppressed, { name: `${prefix}-suppress` })
  }
  return windowedPart(seed, `${kind} windows, ${how}`, build)
}
