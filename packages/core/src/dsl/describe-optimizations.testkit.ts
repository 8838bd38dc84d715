/** What Kafka Streams 4.3.1 prints for these topologies with `topology.optimization=all`, by name. */
export const OPTIMIZATIONS: Readonly<Record<string, string>> = {
  'two aggregations of one rekeyed stream': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-KEY-SELECT-0000000001
    Processor: KSTREAM-KEY-SELECT-0000000001 (stores: [])
      --> counts-repartition-filter
      <-- KSTREAM-SOURCE-0000000000
    Processor: counts-repartition-filter (stores: [])
      --> counts-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000001
    Sink: counts-repartition-sink (topic: counts-repartition)
      <-- counts-repartition-filter

  Sub-topology: 1
    Source: counts-repartition-source (topics: [counts-repartition])
      --> KSTREAM-AGGREGATE-0000000002, KSTREAM-REDUCE-0000000007
    Processor: KSTREAM-AGGREGATE-0000000002 (stores: [counts])
      --> none
      <-- counts-repartition-source
    Processor: KSTREAM-REDUCE-0000000007 (stores: [KSTREAM-REDUCE-STATE-STORE-0000000006])
      --> none
      <-- counts-repartition-source

`,
  'what is between the new key and the repartition goes below it': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-MAP-0000000001
    Processor: KSTREAM-MAP-0000000001 (stores: [])
      --> grp-repartition-filter, KSTREAM-SINK-0000000010
      <-- KSTREAM-SOURCE-0000000000
    Processor: grp-repartition-filter (stores: [])
      --> grp-repartition-sink
      <-- KSTREAM-MAP-0000000001
    Sink: KSTREAM-SINK-0000000010 (topic: raw)
      <-- KSTREAM-MAP-0000000001
    Sink: grp-repartition-sink (topic: grp-repartition)
      <-- grp-repartition-filter

  Sub-topology: 1
    Source: grp-repartition-source (topics: [grp-repartition])
      --> KSTREAM-FILTER-0000000002
    Processor: KSTREAM-FILTER-0000000002 (stores: [])
      --> KSTREAM-AGGREGATE-0000000006, KSTREAM-SINK-0000000003
      <-- grp-repartition-source
    Processor: KSTREAM-AGGREGATE-0000000006 (stores: [KSTREAM-AGGREGATE-STATE-STORE-0000000005])
      --> none
      <-- KSTREAM-FILTER-0000000002
    Sink: KSTREAM-SINK-0000000003 (topic: out)
      <-- KSTREAM-FILTER-0000000002

`,
  'what follows a processor is repartitioned for itself': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-PROCESSOR-0000000001
    Processor: KSTREAM-PROCESSOR-0000000001 (stores: [])
      --> KSTREAM-FILTER-0000000009, counts-repartition-filter
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-FILTER-0000000009 (stores: [])
      --> KSTREAM-SINK-0000000008
      <-- KSTREAM-PROCESSOR-0000000001
    Processor: counts-repartition-filter (stores: [])
      --> counts-repartition-sink
      <-- KSTREAM-PROCESSOR-0000000001
    Sink: KSTREAM-SINK-0000000008 (topic: KSTREAM-REDUCE-STATE-STORE-0000000006-repartition)
      <-- KSTREAM-FILTER-0000000009
    Sink: counts-repartition-sink (topic: counts-repartition)
      <-- counts-repartition-filter

  Sub-topology: 1
    Source: counts-repartition-source (topics: [counts-repartition])
      --> KSTREAM-AGGREGATE-0000000002
    Processor: KSTREAM-AGGREGATE-0000000002 (stores: [counts])
      --> none
      <-- counts-repartition-source

  Sub-topology: 2
    Source: KSTREAM-SOURCE-0000000010 (topics: [KSTREAM-REDUCE-STATE-STORE-0000000006-repartition])
      --> KSTREAM-REDUCE-0000000007
    Processor: KSTREAM-REDUCE-0000000007 (stores: [KSTREAM-REDUCE-STATE-STORE-0000000006])
      --> none
      <-- KSTREAM-SOURCE-0000000010

`,
  'inputs of a cogroup share repartitions with other aggregations': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-KEY-SELECT-0000000001, KSTREAM-KEY-SELECT-0000000006
    Processor: KSTREAM-KEY-SELECT-0000000001 (stores: [])
      --> one-repartition-filter
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-KEY-SELECT-0000000006 (stores: [])
      --> two-repartition-filter
      <-- KSTREAM-SOURCE-0000000000
    Processor: one-repartition-filter (stores: [])
      --> one-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000001
    Processor: two-repartition-filter (stores: [])
      --> two-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000006
    Sink: one-repartition-sink (topic: one-repartition)
      <-- one-repartition-filter
    Sink: two-repartition-sink (topic: two-repartition)
      <-- two-repartition-filter

  Sub-topology: 1
    Source: one-repartition-source (topics: [one-repartition])
      --> COGROUPKSTREAM-AGGREGATE-0000000017, KSTREAM-AGGREGATE-0000000002
    Source: two-repartition-source (topics: [two-repartition])
      --> COGROUPKSTREAM-AGGREGATE-0000000018, KSTREAM-AGGREGATE-0000000007
    Processor: COGROUPKSTREAM-AGGREGATE-0000000017 (stores: [both])
      --> COGROUPKSTREAM-MERGE-0000000019
      <-- one-repartition-source
    Processor: COGROUPKSTREAM-AGGREGATE-0000000018 (stores: [both])
      --> COGROUPKSTREAM-MERGE-0000000019
      <-- two-repartition-source
    Processor: COGROUPKSTREAM-MERGE-0000000019 (stores: [])
      --> none
      <-- COGROUPKSTREAM-AGGREGATE-0000000017, COGROUPKSTREAM-AGGREGATE-0000000018
    Processor: KSTREAM-AGGREGATE-0000000002 (stores: [one])
      --> none
      <-- one-repartition-source
    Processor: KSTREAM-AGGREGATE-0000000007 (stores: [two])
      --> none
      <-- two-repartition-source

`,
  'a repartition below changed values stays': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-KEY-SELECT-0000000001
    Processor: KSTREAM-KEY-SELECT-0000000001 (stores: [])
      --> KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition-filter, KSTREAM-MAPVALUES-0000000008
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-MAPVALUES-0000000008 (stores: [])
      --> KSTREAM-FILTER-0000000012
      <-- KSTREAM-KEY-SELECT-0000000001
    Processor: KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition-filter (stores: [])
      --> KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000001
    Processor: KSTREAM-FILTER-0000000012 (stores: [])
      --> KSTREAM-SINK-0000000011
      <-- KSTREAM-MAPVALUES-0000000008
    Sink: KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition-sink (topic: KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition)
      <-- KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition-filter
    Sink: KSTREAM-SINK-0000000011 (topic: KSTREAM-REDUCE-STATE-STORE-0000000009-repartition)
      <-- KSTREAM-FILTER-0000000012

  Sub-topology: 1
    Source: KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition-source (topics: [KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition])
      --> KSTREAM-AGGREGATE-0000000004
    Processor: KSTREAM-AGGREGATE-0000000004 (stores: [KSTREAM-AGGREGATE-STATE-STORE-0000000003])
      --> none
      <-- KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition-source

  Sub-topology: 2
    Source: KSTREAM-SOURCE-0000000013 (topics: [KSTREAM-REDUCE-STATE-STORE-0000000009-repartition])
      --> KSTREAM-REDUCE-0000000010
    Processor: KSTREAM-REDUCE-0000000010 (stores: [KSTREAM-REDUCE-STATE-STORE-0000000009])
      --> none
      <-- KSTREAM-SOURCE-0000000013

`,
  'two rekeyed streams come together in a merge': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [a])
      --> KSTREAM-KEY-SELECT-0000000002
    Source: KSTREAM-SOURCE-0000000001 (topics: [b])
      --> KSTREAM-MAP-0000000003
    Processor: KSTREAM-KEY-SELECT-0000000002 (stores: [])
      --> KSTREAM-MERGE-0000000004
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-MAP-0000000003 (stores: [])
      --> KSTREAM-MERGE-0000000004
      <-- KSTREAM-SOURCE-0000000001
    Processor: KSTREAM-MERGE-0000000004 (stores: [])
      --> KSTREAM-AGGREGATE-STATE-STORE-0000000006-repartition-filter
      <-- KSTREAM-KEY-SELECT-0000000002, KSTREAM-MAP-0000000003
    Processor: KSTREAM-AGGREGATE-STATE-STORE-0000000006-repartition-filter (stores: [])
      --> KSTREAM-AGGREGATE-STATE-STORE-0000000006-repartition-sink
      <-- KSTREAM-MERGE-0000000004
    Sink: KSTREAM-AGGREGATE-STATE-STORE-0000000006-repartition-sink (topic: KSTREAM-AGGREGATE-STATE-STORE-0000000006-repartition)
      <-- KSTREAM-AGGREGATE-STATE-STORE-0000000006-repartition-filter

  Sub-topology: 1
    Source: KSTREAM-AGGREGATE-STATE-STORE-0000000006-repartition-source (topics: [KSTREAM-AGGREGATE-STATE-STORE-0000000006-repartition])
      --> KSTREAM-AGGREGATE-0000000007
    Processor: KSTREAM-AGGREGATE-0000000007 (stores: [KSTREAM-AGGREGATE-STATE-STORE-0000000006])
      --> none
      <-- KSTREAM-AGGREGATE-STATE-STORE-0000000006-repartition-source

`,
  'a join and an aggregation share a repartition': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-KEY-SELECT-0000000003-repartition-source (topics: [KSTREAM-KEY-SELECT-0000000003-repartition])
      --> KSTREAM-AGGREGATE-0000000011, KSTREAM-JOIN-0000000007
    Processor: KSTREAM-JOIN-0000000007 (stores: [rows])
      --> KSTREAM-SINK-0000000008
      <-- KSTREAM-KEY-SELECT-0000000003-repartition-source
    Source: KSTREAM-SOURCE-0000000000 (topics: [table])
      --> KTABLE-SOURCE-0000000001
    Processor: KSTREAM-AGGREGATE-0000000011 (stores: [KSTREAM-AGGREGATE-STATE-STORE-0000000010])
      --> none
      <-- KSTREAM-KEY-SELECT-0000000003-repartition-source
    Sink: KSTREAM-SINK-0000000008 (topic: out)
      <-- KSTREAM-JOIN-0000000007
    Processor: KTABLE-SOURCE-0000000001 (stores: [rows])
      --> none
      <-- KSTREAM-SOURCE-0000000000

  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000002 (topics: [in])
      --> KSTREAM-KEY-SELECT-0000000003
    Processor: KSTREAM-KEY-SELECT-0000000003 (stores: [])
      --> KSTREAM-KEY-SELECT-0000000003-repartition-filter
      <-- KSTREAM-SOURCE-0000000002
    Processor: KSTREAM-KEY-SELECT-0000000003-repartition-filter (stores: [])
      --> KSTREAM-KEY-SELECT-0000000003-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000003
    Sink: KSTREAM-KEY-SELECT-0000000003-repartition-sink (topic: KSTREAM-KEY-SELECT-0000000003-repartition)
      <-- KSTREAM-KEY-SELECT-0000000003-repartition-filter

`,
  'repartition() stays, also below a new key': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-KEY-SELECT-0000000001
    Processor: KSTREAM-KEY-SELECT-0000000001 (stores: [])
      --> KSTREAM-REDUCE-STATE-STORE-0000000008-repartition-filter, mine-repartition-filter
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-REDUCE-STATE-STORE-0000000008-repartition-filter (stores: [])
      --> KSTREAM-REDUCE-STATE-STORE-0000000008-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000001
    Processor: mine-repartition-filter (stores: [])
      --> mine-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000001
    Sink: KSTREAM-REDUCE-STATE-STORE-0000000008-repartition-sink (topic: KSTREAM-REDUCE-STATE-STORE-0000000008-repartition)
      <-- KSTREAM-REDUCE-STATE-STORE-0000000008-repartition-filter
    Sink: mine-repartition-sink (topic: mine-repartition)
      <-- mine-repartition-filter

  Sub-topology: 1
    Source: KSTREAM-REDUCE-STATE-STORE-0000000008-repartition-source (topics: [KSTREAM-REDUCE-STATE-STORE-0000000008-repartition])
      --> KSTREAM-REDUCE-0000000009
    Processor: KSTREAM-REDUCE-0000000009 (stores: [KSTREAM-REDUCE-STATE-STORE-0000000008])
      --> none
      <-- KSTREAM-REDUCE-STATE-STORE-0000000008-repartition-source

  Sub-topology: 2
    Source: mine-repartition-source (topics: [mine-repartition])
      --> KSTREAM-AGGREGATE-0000000007
    Processor: KSTREAM-AGGREGATE-0000000007 (stores: [KSTREAM-AGGREGATE-STATE-STORE-0000000006])
      --> none
      <-- mine-repartition-source

`,
  'a stream that is joined with itself is kept in one store': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-FILTER-0000000001
    Processor: KSTREAM-FILTER-0000000001 (stores: [])
      --> KSTREAM-WINDOWED-0000000002
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-WINDOWED-0000000002 (stores: [self-this-join-store])
      --> KSTREAM-MERGE-0000000006
      <-- KSTREAM-FILTER-0000000001
    Processor: KSTREAM-MERGE-0000000006 (stores: [self-this-join-store])
      --> KSTREAM-SINK-0000000007
      <-- KSTREAM-WINDOWED-0000000002
    Sink: KSTREAM-SINK-0000000007 (topic: out)
      <-- KSTREAM-MERGE-0000000006

`,
  'so is one in a left join with itself': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-WINDOWED-0000000001
    Processor: KSTREAM-WINDOWED-0000000001 (stores: [self-this-join-store])
      --> KSTREAM-MERGE-0000000005
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-MERGE-0000000005 (stores: [self-this-join-store])
      --> KSTREAM-SINK-0000000006
      <-- KSTREAM-WINDOWED-0000000001
    Sink: KSTREAM-SINK-0000000006 (topic: out)
      <-- KSTREAM-MERGE-0000000005

`,
  'a rekeyed stream that is joined with itself has one repartition and one store': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-KEY-SELECT-0000000001
    Processor: KSTREAM-KEY-SELECT-0000000001 (stores: [])
      --> KSTREAM-KEY-SELECT-0000000001-repartition-filter
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-KEY-SELECT-0000000001-repartition-filter (stores: [])
      --> KSTREAM-KEY-SELECT-0000000001-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000001
    Sink: KSTREAM-KEY-SELECT-0000000001-repartition-sink (topic: KSTREAM-KEY-SELECT-0000000001-repartition)
      <-- KSTREAM-KEY-SELECT-0000000001-repartition-filter

  Sub-topology: 1
    Source: KSTREAM-KEY-SELECT-0000000001-repartition-source (topics: [KSTREAM-KEY-SELECT-0000000001-repartition])
      --> KSTREAM-WINDOWED-0000000008
    Processor: KSTREAM-WINDOWED-0000000008 (stores: [KSTREAM-JOINTHIS-0000000010-store])
      --> KSTREAM-MERGE-0000000012
      <-- KSTREAM-KEY-SELECT-0000000001-repartition-source
    Processor: KSTREAM-MERGE-0000000012 (stores: [KSTREAM-JOINTHIS-0000000010-store])
      --> KSTREAM-SINK-0000000013
      <-- KSTREAM-WINDOWED-0000000008
    Sink: KSTREAM-SINK-0000000013 (topic: out)
      <-- KSTREAM-MERGE-0000000012

`,
  'two streams of one topic are the same': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> both-this-windowed
    Processor: both-this-windowed (stores: [KSTREAM-JOINTHIS-0000000004-store])
      --> both-merge
      <-- KSTREAM-SOURCE-0000000000
    Processor: both-merge (stores: [KSTREAM-JOINTHIS-0000000004-store])
      --> KSTREAM-SINK-0000000007
      <-- both-this-windowed
    Sink: KSTREAM-SINK-0000000007 (topic: out)
      <-- both-merge

`,
}
