/** What Kafka Streams 4.3.1 prints for these topologies (`Topology.describe().toString()`), by name. */
export const LOOKUPS: Readonly<Record<string, string>> = {
  'stream-table join': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000003 (topics: [in])
      --> KSTREAM-JOIN-0000000004
    Processor: KSTREAM-JOIN-0000000004 (stores: [table-STATE-STORE-0000000000])
      --> KSTREAM-SINK-0000000005
      <-- KSTREAM-SOURCE-0000000003
    Source: KSTREAM-SOURCE-0000000001 (topics: [table])
      --> KTABLE-SOURCE-0000000002
    Sink: KSTREAM-SINK-0000000005 (topic: out)
      <-- KSTREAM-JOIN-0000000004
    Processor: KTABLE-SOURCE-0000000002 (stores: [table-STATE-STORE-0000000000])
      --> none
      <-- KSTREAM-SOURCE-0000000001

`,
  'stream-table left join, named': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000003 (topics: [in])
      --> looked-up
    Source: KSTREAM-SOURCE-0000000001 (topics: [table])
      --> KTABLE-SOURCE-0000000002
    Processor: looked-up (stores: [table-STATE-STORE-0000000000])
      --> KSTREAM-SINK-0000000005
      <-- KSTREAM-SOURCE-0000000003
    Sink: KSTREAM-SINK-0000000005 (topic: out)
      <-- looked-up
    Processor: KTABLE-SOURCE-0000000002 (stores: [table-STATE-STORE-0000000000])
      --> none
      <-- KSTREAM-SOURCE-0000000001

`,
  'stream-table join of a view, with a stored parent': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [table])
      --> KTABLE-SOURCE-0000000001
    Source: KSTREAM-SOURCE-0000000002 (topics: [in])
      --> KSTREAM-JOIN-0000000005
    Processor: KTABLE-SOURCE-0000000001 (stores: [rows])
      --> KTABLE-FILTER-0000000003
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-JOIN-0000000005 (stores: [rows])
      --> KSTREAM-SINK-0000000006
      <-- KSTREAM-SOURCE-0000000002
    Processor: KTABLE-FILTER-0000000003 (stores: [])
      --> KTABLE-MAPVALUES-0000000004
      <-- KTABLE-SOURCE-0000000001
    Sink: KSTREAM-SINK-0000000006 (topic: out)
      <-- KSTREAM-JOIN-0000000005
    Processor: KTABLE-MAPVALUES-0000000004 (stores: [])
      --> none
      <-- KTABLE-FILTER-0000000003

`,
  'stream-table joins of a rekeyed stream share its repartition': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000010 (topics: [KSTREAM-KEY-SELECT-0000000007-repartition])
      --> KSTREAM-JOIN-0000000011, KSTREAM-LEFTJOIN-0000000016
    Source: named-repartition-source (topics: [named-repartition])
      --> KSTREAM-JOIN-0000000026, named
    Processor: KSTREAM-JOIN-0000000011 (stores: [table-STATE-STORE-0000000000])
      --> KSTREAM-SINK-0000000012
      <-- KSTREAM-SOURCE-0000000010
    Processor: KSTREAM-JOIN-0000000026 (stores: [table-STATE-STORE-0000000000])
      --> KSTREAM-SINK-0000000027
      <-- named-repartition-source
    Processor: KSTREAM-LEFTJOIN-0000000016 (stores: [other-STATE-STORE-0000000003])
      --> KSTREAM-SINK-0000000017
      <-- KSTREAM-SOURCE-0000000010
    Source: KSTREAM-SOURCE-0000000001 (topics: [table])
      --> KTABLE-SOURCE-0000000002
    Source: KSTREAM-SOURCE-0000000004 (topics: [other])
      --> KTABLE-SOURCE-0000000005
    Processor: named (stores: [other-STATE-STORE-0000000003])
      --> KSTREAM-SINK-0000000022
      <-- named-repartition-source
    Sink: KSTREAM-SINK-0000000012 (topic: out)
      <-- KSTREAM-JOIN-0000000011
    Sink: KSTREAM-SINK-0000000017 (topic: out2)
      <-- KSTREAM-LEFTJOIN-0000000016
    Sink: KSTREAM-SINK-0000000022 (topic: out3)
      <-- named
    Sink: KSTREAM-SINK-0000000027 (topic: out4)
      <-- KSTREAM-JOIN-0000000026
    Processor: KTABLE-SOURCE-0000000002 (stores: [table-STATE-STORE-0000000000])
      --> none
      <-- KSTREAM-SOURCE-0000000001
    Processor: KTABLE-SOURCE-0000000005 (stores: [other-STATE-STORE-0000000003])
      --> none
      <-- KSTREAM-SOURCE-0000000004

  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000006 (topics: [in])
      --> KSTREAM-KEY-SELECT-0000000007
    Processor: KSTREAM-KEY-SELECT-0000000007 (stores: [])
      --> named-repartition-filter, KSTREAM-FILTER-0000000009
      <-- KSTREAM-SOURCE-0000000006
    Processor: KSTREAM-FILTER-0000000009 (stores: [])
      --> KSTREAM-SINK-0000000008
      <-- KSTREAM-KEY-SELECT-0000000007
    Processor: named-repartition-filter (stores: [])
      --> named-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000007
    Sink: KSTREAM-SINK-0000000008 (topic: KSTREAM-KEY-SELECT-0000000007-repartition)
      <-- KSTREAM-FILTER-0000000009
    Sink: named-repartition-sink (topic: named-repartition)
      <-- named-repartition-filter

`,
  'stream-table join of a rekeyed stream, named, then chained': `Topologies:
   Sub-topology: 0
    Source: look-repartition-source (topics: [look-repartition])
      --> look
    Processor: look (stores: [rows])
      --> KSTREAM-KEY-SELECT-0000000008
      <-- look-repartition-source
    Processor: KSTREAM-KEY-SELECT-0000000008 (stores: [])
      --> again-repartition-filter
      <-- look
    Source: again-repartition-source (topics: [again-repartition])
      --> again
    Source: KSTREAM-SOURCE-0000000000 (topics: [table])
      --> KTABLE-SOURCE-0000000001
    Processor: again (stores: [rows])
      --> KSTREAM-AGGREGATE-0000000013
      <-- again-repartition-source
    Processor: again-repartition-filter (stores: [])
      --> again-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000008
    Processor: KSTREAM-AGGREGATE-0000000013 (stores: [n])
      --> none
      <-- again
    Processor: KTABLE-SOURCE-0000000001 (stores: [rows])
      --> none
      <-- KSTREAM-SOURCE-0000000000
    Sink: again-repartition-sink (topic: again-repartition)
      <-- again-repartition-filter

  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000002 (topics: [in])
      --> KSTREAM-MAP-0000000003
    Processor: KSTREAM-MAP-0000000003 (stores: [])
      --> look-repartition-filter
      <-- KSTREAM-SOURCE-0000000002
    Processor: look-repartition-filter (stores: [])
      --> look-repartition-sink
      <-- KSTREAM-MAP-0000000003
    Sink: look-repartition-sink (topic: look-repartition)
      <-- look-repartition-filter

`,
  'stream joined with its own count': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-JOIN-0000000003, KSTREAM-AGGREGATE-0000000002
    Processor: KSTREAM-JOIN-0000000003 (stores: [KSTREAM-AGGREGATE-STATE-STORE-0000000001])
      --> KSTREAM-SINK-0000000004
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-AGGREGATE-0000000002 (stores: [KSTREAM-AGGREGATE-STATE-STORE-0000000001])
      --> none
      <-- KSTREAM-SOURCE-0000000000
    Sink: KSTREAM-SINK-0000000004 (topic: out)
      <-- KSTREAM-JOIN-0000000003

`,
  "table made after the stream's first operators": `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000003 (topics: [table])
      --> KTABLE-SOURCE-0000000004
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-FILTER-0000000001
    Processor: KTABLE-SOURCE-0000000004 (stores: [table-STATE-STORE-0000000002])
      --> KTABLE-FILTER-0000000005
      <-- KSTREAM-SOURCE-0000000003
    Processor: KSTREAM-FILTER-0000000001 (stores: [])
      --> KSTREAM-LEFTJOIN-0000000006
      <-- KSTREAM-SOURCE-0000000000
    Processor: KTABLE-FILTER-0000000005 (stores: [])
      --> KTABLE-TOSTREAM-0000000008
      <-- KTABLE-SOURCE-0000000004
    Processor: KSTREAM-LEFTJOIN-0000000006 (stores: [table-STATE-STORE-0000000002])
      --> KSTREAM-SINK-0000000007
      <-- KSTREAM-FILTER-0000000001
    Processor: KTABLE-TOSTREAM-0000000008 (stores: [])
      --> KSTREAM-SINK-0000000009
      <-- KTABLE-FILTER-0000000005
    Sink: KSTREAM-SINK-0000000007 (topic: out)
      <-- KSTREAM-LEFTJOIN-0000000006
    Sink: KSTREAM-SINK-0000000009 (topic: changes)
      <-- KTABLE-TOSTREAM-0000000008

`,
  'global table, inner join': `Topologies:
   Sub-topology: 0 for global store (will not generate tasks)
    Source: KSTREAM-SOURCE-0000000001 (topics: [global])
      --> KTABLE-SOURCE-0000000002
    Processor: KTABLE-SOURCE-0000000002 (stores: [global-STATE-STORE-0000000000])
      --> none
      <-- KSTREAM-SOURCE-0000000001
  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000003 (topics: [in])
      --> KSTREAM-LEFTJOIN-0000000004
    Processor: KSTREAM-LEFTJOIN-0000000004 (stores: [])
      --> KSTREAM-SINK-0000000005
      <-- KSTREAM-SOURCE-0000000003
    Sink: KSTREAM-SINK-0000000005 (topic: out)
      <-- KSTREAM-LEFTJOIN-0000000004

`,
  'global table after the stream, left join, named': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> looked-up
    Processor: looked-up (stores: [])
      --> KSTREAM-SINK-0000000004
      <-- KSTREAM-SOURCE-0000000000
    Sink: KSTREAM-SINK-0000000004 (topic: out)
      <-- looked-up

  Sub-topology: 1 for global store (will not generate tasks)
    Source: g-source (topics: [global])
      --> g
    Processor: g (stores: [rows])
      --> none
      <-- g-source
`,
  'a global join does not repartition, what follows does': `Topologies:
   Sub-topology: 0 for global store (will not generate tasks)
    Source: KSTREAM-SOURCE-0000000000 (topics: [global])
      --> KTABLE-SOURCE-0000000001
    Processor: KTABLE-SOURCE-0000000001 (stores: [rows])
      --> none
      <-- KSTREAM-SOURCE-0000000000
  Sub-topology: 1 for global store (will not generate tasks)
    Source: KSTREAM-SOURCE-0000000003 (topics: [more])
      --> KTABLE-SOURCE-0000000004
    Processor: KTABLE-SOURCE-0000000004 (stores: [more-STATE-STORE-0000000002])
      --> none
      <-- KSTREAM-SOURCE-0000000003
  Sub-topology: 2
    Source: KSTREAM-SOURCE-0000000005 (topics: [in])
      --> KSTREAM-KEY-SELECT-0000000006
    Processor: KSTREAM-KEY-SELECT-0000000006 (stores: [])
      --> KSTREAM-LEFTJOIN-0000000007
      <-- KSTREAM-SOURCE-0000000005
    Processor: KSTREAM-LEFTJOIN-0000000007 (stores: [])
      --> KSTREAM-LEFTJOIN-0000000008
      <-- KSTREAM-KEY-SELECT-0000000006
    Processor: KSTREAM-LEFTJOIN-0000000008 (stores: [])
      --> n-repartition-filter
      <-- KSTREAM-LEFTJOIN-0000000007
    Processor: n-repartition-filter (stores: [])
      --> n-repartition-sink
      <-- KSTREAM-LEFTJOIN-0000000008
    Sink: n-repartition-sink (topic: n-repartition)
      <-- n-repartition-filter

  Sub-topology: 3
    Source: n-repartition-source (topics: [n-repartition])
      --> KSTREAM-AGGREGATE-0000000009
    Processor: KSTREAM-AGGREGATE-0000000009 (stores: [n])
      --> none
      <-- n-repartition-source

  Sub-topology: 4
    Source: KSTREAM-SOURCE-0000000013 (topics: [table])
      --> KTABLE-SOURCE-0000000014
    Processor: KTABLE-SOURCE-0000000014 (stores: [t])
      --> none
      <-- KSTREAM-SOURCE-0000000013

`,
  'global store between streams': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-SINK-0000000001
    Sink: KSTREAM-SINK-0000000001 (topic: out)
      <-- KSTREAM-SOURCE-0000000000

  Sub-topology: 1 for global store (will not generate tasks)
    Source: KSTREAM-SOURCE-0000000002 (topics: [global])
      --> KTABLE-SOURCE-0000000003
    Processor: KTABLE-SOURCE-0000000003 (stores: [own])
      --> none
      <-- KSTREAM-SOURCE-0000000002
  Sub-topology: 2
    Source: KSTREAM-SOURCE-0000000004 (topics: [in2])
      --> KSTREAM-SINK-0000000005
    Sink: KSTREAM-SINK-0000000005 (topic: out2)
      <-- KSTREAM-SOURCE-0000000004

  Sub-topology: 3 for global store (will not generate tasks)
    Source: keeper-source (topics: [more])
      --> keeper
    Processor: keeper (stores: [other])
      --> none
      <-- keeper-source
`,
  'a global table and nothing else': `Topologies:
   Sub-topology: 0 for global store (will not generate tasks)
    Source: KSTREAM-SOURCE-0000000001 (topics: [global])
      --> KTABLE-SOURCE-0000000002
    Processor: KTABLE-SOURCE-0000000002 (stores: [global-STATE-STORE-0000000000])
      --> none
      <-- KSTREAM-SOURCE-0000000001
`,
  'stream-table join with a grace period': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000002 (topics: [in])
      --> KSTREAM-JOIN-0000000003
    Processor: KSTREAM-JOIN-0000000003 (stores: [KSTREAM-JOIN-0000000003-Buffer, v])
      --> KSTREAM-SINK-0000000004
      <-- KSTREAM-SOURCE-0000000002
    Source: KSTREAM-SOURCE-0000000000 (topics: [table])
      --> KTABLE-SOURCE-0000000001
    Sink: KSTREAM-SINK-0000000004 (topic: out)
      <-- KSTREAM-JOIN-0000000003
    Processor: KTABLE-SOURCE-0000000001 (stores: [v])
      --> none
      <-- KSTREAM-SOURCE-0000000000

`,
  'stream-table left join of a rekeyed stream with a view, with a grace period, named': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [table])
      --> KTABLE-SOURCE-0000000001
    Processor: KTABLE-SOURCE-0000000001 (stores: [v])
      --> KTABLE-FILTER-0000000002
      <-- KSTREAM-SOURCE-0000000000
    Source: look-repartition-source (topics: [look-repartition])
      --> look
    Processor: KTABLE-FILTER-0000000002 (stores: [])
      --> KTABLE-MAPVALUES-0000000003
      <-- KTABLE-SOURCE-0000000001
    Processor: look (stores: [v, look-Buffer])
      --> KSTREAM-SINK-0000000010
      <-- look-repartition-source
    Sink: KSTREAM-SINK-0000000010 (topic: out)
      <-- look
    Processor: KTABLE-MAPVALUES-0000000003 (stores: [])
      --> none
      <-- KTABLE-FILTER-0000000002

  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000004 (topics: [in])
      --> KSTREAM-KEY-SELECT-0000000005
    Processor: KSTREAM-KEY-SELECT-0000000005 (stores: [])
      --> look-repartition-filter
      <-- KSTREAM-SOURCE-0000000004
    Processor: look-repartition-filter (stores: [])
      --> look-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000005
    Sink: look-repartition-sink (topic: look-repartition)
      <-- look-repartition-filter

`,
  'read-only store': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> reader
    Source: keeper-source (topics: [rows-in])
      --> keeper
    Processor: reader (stores: [rows])
      --> KSTREAM-SINK-0000000001
      <-- KSTREAM-SOURCE-0000000000
    Sink: KSTREAM-SINK-0000000001 (topic: out)
      <-- reader
    Processor: keeper (stores: [rows])
      --> none
      <-- keeper-source

`,
  'global and read-only stores, by hand': `Topologies:
   Sub-topology: 0 for global store (will not generate tasks)
    Source: names-source (topics: [names-in])
      --> names-keeper
    Processor: names-keeper (stores: [names])
      --> none
      <-- names-source
  Sub-topology: 1
    Source: s (topics: [in])
      --> reader
    Processor: reader (stores: [rows])
      --> k
      <-- s
    Source: rows-source (topics: [rows-in])
      --> rows-keeper
    Sink: k (topic: out)
      <-- reader
    Processor: rows-keeper (stores: [rows])
      --> none
      <-- rows-source

`,
}
