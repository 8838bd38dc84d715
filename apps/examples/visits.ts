import { serdes, session, StreamsBuilder, type Topology, untilWindowCloses } from '@millrace/core'

interface Visit {
  readonly pages: number
  readonly cents: number
}

const text = { key: serdes.string, value: serdes.string }

/** What each visitor has looked at and bought, once for each visit: a break of half an hour ends one. */
export function visits(): Topology {
  const builder = new StreamsBuilder()
  const views = builder.stream('views', text).groupByKey()
  const orders = builder.stream('orders', { key: serdes.string, value: serdes.long }).groupByKey()
  views
    .cogroup((_user, _page, visit: Visit) => ({ ...visit, pages: visit.pages + 1 }))
    .cogroup(orders, (_user, cents, visit) => ({ ...visit, cents: visit.cents + cents }))
    .windowedBy(session('30 minutes', { grace: '1 minute' }))
    .aggregate({
      store: 'visits',
      value: serdes.json<Visit>(),
      init: () => ({ pages: 0, cents: 0 }),
      merge: (_user, a, b) => ({ pages: a.pages + b.pages, cents: a.cents + b.cents }),
    })
    .suppress(untilWindowCloses(), { name: 'final-visits' })
    .toStream()
    .map(({ key }, { pages, cents }) => [key, `${pages} pages, ${cents} cents`], text)
    .to('visits-made')
  return builder.build()
}
