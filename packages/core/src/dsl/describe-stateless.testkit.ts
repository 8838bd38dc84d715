/** What Kafka Streams 4.3.1 prints for these topologies (`Topology.describe().toString()`), by name. */
export const STATELESS: Readonly<Record<string, string>> = {
  'source to sink': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-SINK-0000000001
    Sink: KSTREAM-SINK-0000000001 (topic: out)
      <-- KSTREAM-SOURCE-0000000000

`,
  'named source to named sink': `Topologies:
   Sub-topology: 0
    Source: source (topics: [in])
      --> sink
    Sink: sink (topic: out)
      <-- source

`,
  'several topics': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [a, clicks, orders, returns])
      --> KSTREAM-SINK-0000000001
    Sink: KSTREAM-SINK-0000000001 (topic: out)
      <-- KSTREAM-SOURCE-0000000000

`,
  'topic pattern': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: in-.*)
      --> KSTREAM-SINK-0000000001
    Sink: KSTREAM-SINK-0000000001 (topic: out)
      <-- KSTREAM-SOURCE-0000000000

`,
  'every stateless operator': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-FILTER-0000000001
    Processor: KSTREAM-FILTER-0000000001 (stores: [])
      --> KSTREAM-FILTER-0000000002
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-FILTER-0000000002 (stores: [])
      --> KSTREAM-MAP-0000000003
      <-- KSTREAM-FILTER-0000000001
    Processor: KSTREAM-MAP-0000000003 (stores: [])
      --> KSTREAM-MAPVALUES-0000000004
      <-- KSTREAM-FILTER-0000000002
    Processor: KSTREAM-MAPVALUES-0000000004 (stores: [])
      --> KSTREAM-FLATMAP-0000000005
      <-- KSTREAM-MAP-0000000003
    Processor: KSTREAM-FLATMAP-0000000005 (stores: [])
      --> KSTREAM-FLATMAPVALUES-0000000006
      <-- KSTREAM-MAPVALUES-0000000004
    Processor: KSTREAM-FLATMAPVALUES-0000000006 (stores: [])
      --> KSTREAM-KEY-SELECT-0000000007
      <-- KSTREAM-FLATMAP-0000000005
    Processor: KSTREAM-KEY-SELECT-0000000007 (stores: [])
      --> KSTREAM-PEEK-0000000008
      <-- KSTREAM-FLATMAPVALUES-0000000006
    Processor: KSTREAM-PEEK-0000000008 (stores: [])
      --> KSTREAM-PROCESSOR-0000000009
      <-- KSTREAM-KEY-SELECT-0000000007
    Processor: KSTREAM-PROCESSOR-0000000009 (stores: [])
      --> KSTREAM-PROCESSVALUES-0000000010
      <-- KSTREAM-PEEK-0000000008
    Processor: KSTREAM-PROCESSVALUES-0000000010 (stores: [])
      --> KSTREAM-SINK-0000000011
      <-- KSTREAM-PROCESSOR-0000000009
    Sink: KSTREAM-SINK-0000000011 (topic: out)
      <-- KSTREAM-PROCESSVALUES-0000000010

`,
  'every stateless operator, named': `Topologies:
   Sub-topology: 0
    Source: s (topics: [in])
      --> f
    Processor: f (stores: [])
      --> fn
      <-- s
    Processor: fn (stores: [])
      --> m
      <-- f
    Processor: m (stores: [])
      --> mv
      <-- fn
    Processor: mv (stores: [])
      --> fm
      <-- m
    Processor: fm (stores: [])
      --> fmv
      <-- mv
    Processor: fmv (stores: [])
      --> sk
      <-- fm
    Processor: sk (stores: [])
      --> p
      <-- fmv
    Processor: p (stores: [])
      --> pr
      <-- sk
    Processor: pr (stores: [])
      --> pv
      <-- p
    Processor: pv (stores: [])
      --> k
      <-- pr
    Sink: k (topic: out)
      <-- pv

`,
  'foreach and print': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-FOREACH-0000000001, KSTREAM-PRINTER-0000000003, each, printer
    Processor: KSTREAM-FOREACH-0000000001 (stores: [])
      --> none
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-PRINTER-0000000003 (stores: [])
      --> none
      <-- KSTREAM-SOURCE-0000000000
    Processor: each (stores: [])
      --> none
      <-- KSTREAM-SOURCE-0000000000
    Processor: printer (stores: [])
      --> none
      <-- KSTREAM-SOURCE-0000000000

`,
  merge: `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [a])
      --> KSTREAM-MERGE-0000000002
    Source: KSTREAM-SOURCE-0000000001 (topics: [b])
      --> KSTREAM-MERGE-0000000002
    Processor: KSTREAM-MERGE-0000000002 (stores: [])
      --> all
      <-- KSTREAM-SOURCE-0000000000, KSTREAM-SOURCE-0000000001
    Source: KSTREAM-SOURCE-0000000003 (topics: [c])
      --> all
    Processor: all (stores: [])
      --> KSTREAM-SINK-0000000005
      <-- KSTREAM-MERGE-0000000002, KSTREAM-SOURCE-0000000003
    Sink: KSTREAM-SINK-0000000005 (topic: out)
      <-- all

`,
  'merge with itself': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [a])
      --> KSTREAM-MERGE-0000000001
    Processor: KSTREAM-MERGE-0000000001 (stores: [])
      --> KSTREAM-SINK-0000000002
      <-- KSTREAM-SOURCE-0000000000
    Sink: KSTREAM-SINK-0000000002 (topic: out)
      <-- KSTREAM-MERGE-0000000001

`,
  'split with default': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> by-size-
    Processor: by-size- (stores: [])
      --> by-size-big, by-size-rest, by-size-small
      <-- KSTREAM-SOURCE-0000000000
    Processor: by-size-big (stores: [])
      --> KSTREAM-SINK-0000000005
      <-- by-size-
    Processor: by-size-rest (stores: [])
      --> KSTREAM-SINK-0000000007
      <-- by-size-
    Processor: by-size-small (stores: [])
      --> KSTREAM-SINK-0000000006
      <-- by-size-
    Sink: KSTREAM-SINK-0000000005 (topic: big)
      <-- by-size-big
    Sink: KSTREAM-SINK-0000000006 (topic: small)
      <-- by-size-small
    Sink: KSTREAM-SINK-0000000007 (topic: rest)
      <-- by-size-rest

`,
  'split unnamed': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-BRANCH-0000000001
    Processor: KSTREAM-BRANCH-0000000001 (stores: [])
      --> KSTREAM-BRANCH-00000000010, KSTREAM-BRANCH-00000000011, KSTREAM-BRANCH-00000000012
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-BRANCH-00000000010 (stores: [])
      --> KSTREAM-SINK-0000000007
      <-- KSTREAM-BRANCH-0000000001
    Processor: KSTREAM-BRANCH-00000000011 (stores: [])
      --> KSTREAM-SINK-0000000005
      <-- KSTREAM-BRANCH-0000000001
    Processor: KSTREAM-BRANCH-00000000012 (stores: [])
      --> KSTREAM-SINK-0000000006
      <-- KSTREAM-BRANCH-0000000001
    Sink: KSTREAM-SINK-0000000005 (topic: one)
      <-- KSTREAM-BRANCH-00000000011
    Sink: KSTREAM-SINK-0000000006 (topic: two)
      <-- KSTREAM-BRANCH-00000000012
    Sink: KSTREAM-SINK-0000000007 (topic: zero)
      <-- KSTREAM-BRANCH-00000000010

`,
  'split without default': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> s-
    Processor: s- (stores: [])
      --> s-x
      <-- KSTREAM-SOURCE-0000000000
    Processor: s-x (stores: [])
      --> KSTREAM-SINK-0000000003
      <-- s-
    Sink: KSTREAM-SINK-0000000003 (topic: x)
      <-- s-x

`,
  repartition: `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-FILTER-0000000003
    Processor: KSTREAM-FILTER-0000000003 (stores: [])
      --> KSTREAM-SINK-0000000002
      <-- KSTREAM-SOURCE-0000000000
    Sink: KSTREAM-SINK-0000000002 (topic: KSTREAM-REPARTITION-0000000001-repartition)
      <-- KSTREAM-FILTER-0000000003

  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000004 (topics: [KSTREAM-REPARTITION-0000000001-repartition])
      --> KSTREAM-SINK-0000000005
    Sink: KSTREAM-SINK-0000000005 (topic: out)
      <-- KSTREAM-SOURCE-0000000004

`,
  'repartition, named': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> by-user-repartition-filter
    Processor: by-user-repartition-filter (stores: [])
      --> by-user-repartition-sink
      <-- KSTREAM-SOURCE-0000000000
    Sink: by-user-repartition-sink (topic: by-user-repartition)
      <-- by-user-repartition-filter

  Sub-topology: 1
    Source: by-user-repartition-source (topics: [by-user-repartition])
      --> KSTREAM-SINK-0000000004
    Sink: KSTREAM-SINK-0000000004 (topic: out)
      <-- by-user-repartition-source

`,
  'dynamic topic': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-SINK-0000000001
    Sink: KSTREAM-SINK-0000000001 (extractor class: topicOf)
      <-- KSTREAM-SOURCE-0000000000

`,
  'one topic, two streams': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-MAPVALUES-0000000002, KSTREAM-SINK-0000000004
    Processor: KSTREAM-MAPVALUES-0000000002 (stores: [])
      --> KSTREAM-SINK-0000000003
      <-- KSTREAM-SOURCE-0000000000
    Sink: KSTREAM-SINK-0000000003 (topic: y)
      <-- KSTREAM-MAPVALUES-0000000002
    Sink: KSTREAM-SINK-0000000004 (topic: x)
      <-- KSTREAM-SOURCE-0000000000

`,
  'stores of processors': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [a])
      --> KSTREAM-PROCESSOR-0000000001
    Source: KSTREAM-SOURCE-0000000004 (topics: [c])
      --> KSTREAM-PROCESSVALUES-0000000005
    Processor: KSTREAM-PROCESSOR-0000000001 (stores: [shared, own])
      --> KSTREAM-SINK-0000000002
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-PROCESSVALUES-0000000005 (stores: [shared])
      --> KSTREAM-SINK-0000000006
      <-- KSTREAM-SOURCE-0000000004
    Source: KSTREAM-SOURCE-0000000003 (topics: [b])
      --> second
    Sink: KSTREAM-SINK-0000000002 (topic: x)
      <-- KSTREAM-PROCESSOR-0000000001
    Sink: KSTREAM-SINK-0000000006 (topic: z)
      <-- KSTREAM-PROCESSVALUES-0000000005
    Processor: second (stores: [shared])
      --> none
      <-- KSTREAM-SOURCE-0000000003

`,
  'three sub-topologies': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [a])
      --> KSTREAM-MAPVALUES-0000000005, KSTREAM-SINK-0000000001
    Processor: KSTREAM-MAPVALUES-0000000005 (stores: [])
      --> KSTREAM-SINK-0000000006
      <-- KSTREAM-SOURCE-0000000000
    Sink: KSTREAM-SINK-0000000001 (topic: x)
      <-- KSTREAM-SOURCE-0000000000
    Sink: KSTREAM-SINK-0000000006 (topic: z)
      <-- KSTREAM-MAPVALUES-0000000005

  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000002 (topics: [b])
      --> KSTREAM-SINK-0000000003
    Sink: KSTREAM-SINK-0000000003 (topic: y)
      <-- KSTREAM-SOURCE-0000000002

  Sub-topology: 2
    Source: KSTREAM-SOURCE-0000000007 (topics: [c])
      --> KSTREAM-KEY-SELECT-0000000008
    Processor: KSTREAM-KEY-SELECT-0000000008 (stores: [])
      --> KSTREAM-FILTER-0000000011
      <-- KSTREAM-SOURCE-0000000007
    Processor: KSTREAM-FILTER-0000000011 (stores: [])
      --> KSTREAM-SINK-0000000010
      <-- KSTREAM-KEY-SELECT-0000000008
    Sink: KSTREAM-SINK-0000000010 (topic: KSTREAM-REPARTITION-0000000009-repartition)
      <-- KSTREAM-FILTER-0000000011

  Sub-topology: 3
    Source: KSTREAM-SOURCE-0000000012 (topics: [KSTREAM-REPARTITION-0000000009-repartition])
      --> KSTREAM-SINK-0000000013
    Sink: KSTREAM-SINK-0000000013 (topic: w)
      <-- KSTREAM-SOURCE-0000000012

`,
}
