/** What Kafka Streams 4.3.1 prints for these topologies (`Topology.describe().toString()`), by name. */
export const REKEYED_STREAM_JOINS: Readonly<Record<string, string>> = {
  'join of rekeyed streams': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [left])
      --> KSTREAM-KEY-SELECT-0000000001
    Processor: KSTREAM-KEY-SELECT-0000000001 (stores: [])
      --> KSTREAM-FILTER-0000000005
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-FILTER-0000000005 (stores: [])
      --> KSTREAM-SINK-0000000004
      <-- KSTREAM-KEY-SELECT-0000000001
    Sink: KSTREAM-SINK-0000000004 (topic: KSTREAM-KEY-SELECT-0000000001-repartition)
      <-- KSTREAM-FILTER-0000000005

  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000002 (topics: [right])
      --> KSTREAM-MAP-0000000003
    Processor: KSTREAM-MAP-0000000003 (stores: [])
      --> KSTREAM-FILTER-0000000008
      <-- KSTREAM-SOURCE-0000000002
    Processor: KSTREAM-FILTER-0000000008 (stores: [])
      --> KSTREAM-SINK-0000000007
      <-- KSTREAM-MAP-0000000003
    Sink: KSTREAM-SINK-0000000007 (topic: KSTREAM-MAP-0000000003-repartition)
      <-- KSTREAM-FILTER-0000000008

  Sub-topology: 2
    Source: KSTREAM-SOURCE-0000000006 (topics: [KSTREAM-KEY-SELECT-0000000001-repartition])
      --> KSTREAM-WINDOWED-0000000010
    Source: KSTREAM-SOURCE-0000000009 (topics: [KSTREAM-MAP-0000000003-repartition])
      --> KSTREAM-WINDOWED-0000000011
    Processor: KSTREAM-WINDOWED-0000000010 (stores: [KSTREAM-JOINTHIS-0000000012-store])
      --> KSTREAM-JOINTHIS-0000000012
      <-- KSTREAM-SOURCE-0000000006
    Processor: KSTREAM-WINDOWED-0000000011 (stores: [KSTREAM-JOINOTHER-0000000013-store])
      --> KSTREAM-JOINOTHER-0000000013
      <-- KSTREAM-SOURCE-0000000009
    Processor: KSTREAM-JOINOTHER-0000000013 (stores: [KSTREAM-JOINTHIS-0000000012-store])
      --> KSTREAM-MERGE-0000000014
      <-- KSTREAM-WINDOWED-0000000011
    Processor: KSTREAM-JOINTHIS-0000000012 (stores: [KSTREAM-JOINOTHER-0000000013-store])
      --> KSTREAM-MERGE-0000000014
      <-- KSTREAM-WINDOWED-0000000010
    Processor: KSTREAM-MERGE-0000000014 (stores: [])
      --> KSTREAM-SINK-0000000015
      <-- KSTREAM-JOINTHIS-0000000012, KSTREAM-JOINOTHER-0000000013
    Sink: KSTREAM-SINK-0000000015 (topic: out)
      <-- KSTREAM-MERGE-0000000014

`,
  'join of rekeyed streams, named': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [left])
      --> KSTREAM-KEY-SELECT-0000000001
    Processor: KSTREAM-KEY-SELECT-0000000001 (stores: [])
      --> pairs-left-repartition-filter
      <-- KSTREAM-SOURCE-0000000000
    Processor: pairs-left-repartition-filter (stores: [])
      --> pairs-left-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000001
    Sink: pairs-left-repartition-sink (topic: pairs-left-repartition)
      <-- pairs-left-repartition-filter

  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000002 (topics: [right])
      --> KSTREAM-MAP-0000000003
    Processor: KSTREAM-MAP-0000000003 (stores: [])
      --> pairs-right-repartition-filter
      <-- KSTREAM-SOURCE-0000000002
    Processor: pairs-right-repartition-filter (stores: [])
      --> pairs-right-repartition-sink
      <-- KSTREAM-MAP-0000000003
    Sink: pairs-right-repartition-sink (topic: pairs-right-repartition)
      <-- pairs-right-repartition-filter

  Sub-topology: 2
    Source: pairs-left-repartition-source (topics: [pairs-left-repartition])
      --> pairs-this-windowed
    Source: pairs-right-repartition-source (topics: [pairs-right-repartition])
      --> pairs-other-windowed
    Processor: pairs-other-windowed (stores: [KSTREAM-OUTEROTHER-0000000013-store])
      --> pairs-outer-other-join
      <-- pairs-right-repartition-source
    Processor: pairs-this-windowed (stores: [KSTREAM-JOINTHIS-0000000012-store])
      --> pairs-this-join
      <-- pairs-left-repartition-source
    Processor: pairs-outer-other-join (stores: [KSTREAM-OUTERSHARED-0000000012-store, KSTREAM-JOINTHIS-0000000012-store])
      --> pairs-merge
      <-- pairs-other-windowed
    Processor: pairs-this-join (stores: [KSTREAM-OUTERSHARED-0000000012-store, KSTREAM-OUTEROTHER-0000000013-store])
      --> pairs-merge
      <-- pairs-this-windowed
    Processor: pairs-merge (stores: [])
      --> KSTREAM-SINK-0000000015
      <-- pairs-this-join, pairs-outer-other-join
    Sink: KSTREAM-SINK-0000000015 (topic: out)
      <-- pairs-merge

`,
  'joins of a rekeyed stream share its repartition': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [left])
      --> KSTREAM-KEY-SELECT-0000000001
    Processor: KSTREAM-KEY-SELECT-0000000001 (stores: [])
      --> KSTREAM-FILTER-0000000004, own-left-repartition-filter
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-FILTER-0000000004 (stores: [])
      --> KSTREAM-SINK-0000000003
      <-- KSTREAM-KEY-SELECT-0000000001
    Processor: own-left-repartition-filter (stores: [])
      --> own-left-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000001
    Sink: KSTREAM-SINK-0000000003 (topic: KSTREAM-KEY-SELECT-0000000001-repartition)
      <-- KSTREAM-FILTER-0000000004
    Sink: own-left-repartition-sink (topic: own-left-repartition)
      <-- own-left-repartition-filter

  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000002 (topics: [right])
      --> KSTREAM-WINDOWED-0000000016, KSTREAM-WINDOWED-0000000007, KSTREAM-WINDOWED-0000000033, own-other-windowed
    Source: KSTREAM-SOURCE-0000000005 (topics: [KSTREAM-KEY-SELECT-0000000001-repartition])
      --> KSTREAM-WINDOWED-0000000006, KSTREAM-WINDOWED-0000000015
    Source: own-left-repartition-source (topics: [own-left-repartition])
      --> own-this-windowed, KSTREAM-WINDOWED-0000000034
    Processor: KSTREAM-WINDOWED-0000000006 (stores: [KSTREAM-JOINTHIS-0000000008-store])
      --> KSTREAM-JOINTHIS-0000000008
      <-- KSTREAM-SOURCE-0000000005
    Processor: KSTREAM-WINDOWED-0000000007 (stores: [KSTREAM-JOINOTHER-0000000009-store])
      --> KSTREAM-JOINOTHER-0000000009
      <-- KSTREAM-SOURCE-0000000002
    Processor: KSTREAM-WINDOWED-0000000015 (stores: [KSTREAM-OUTERTHIS-0000000017-store])
      --> KSTREAM-OUTERTHIS-0000000017
      <-- KSTREAM-SOURCE-0000000005
    Processor: KSTREAM-WINDOWED-0000000016 (stores: [KSTREAM-OUTEROTHER-0000000018-store])
      --> KSTREAM-OUTEROTHER-0000000018
      <-- KSTREAM-SOURCE-0000000002
    Processor: KSTREAM-WINDOWED-0000000033 (stores: [KSTREAM-JOINTHIS-0000000035-store])
      --> KSTREAM-JOINTHIS-0000000035
      <-- KSTREAM-SOURCE-0000000002
    Processor: KSTREAM-WINDOWED-0000000034 (stores: [KSTREAM-JOINOTHER-0000000036-store])
      --> KSTREAM-JOINOTHER-0000000036
      <-- own-left-repartition-source
    Processor: own-other-windowed (stores: [KSTREAM-OUTEROTHER-0000000027-store])
      --> own-outer-other-join
      <-- KSTREAM-SOURCE-0000000002
    Processor: own-this-windowed (stores: [KSTREAM-JOINTHIS-0000000026-store])
      --> own-this-join
      <-- own-left-repartition-source
    Processor: KSTREAM-JOINOTHER-0000000009 (stores: [KSTREAM-JOINTHIS-0000000008-store])
      --> KSTREAM-MERGE-0000000010
      <-- KSTREAM-WINDOWED-0000000007
    Processor: KSTREAM-JOINOTHER-0000000036 (stores: [KSTREAM-JOINTHIS-0000000035-store])
      --> KSTREAM-MERGE-0000000037
      <-- KSTREAM-WINDOWED-0000000034
    Processor: KSTREAM-JOINTHIS-0000000008 (stores: [KSTREAM-JOINOTHER-0000000009-store])
      --> KSTREAM-MERGE-0000000010
      <-- KSTREAM-WINDOWED-0000000006
    Processor: KSTREAM-JOINTHIS-0000000035 (stores: [KSTREAM-JOINOTHER-0000000036-store])
      --> KSTREAM-MERGE-0000000037
      <-- KSTREAM-WINDOWED-0000000033
    Processor: KSTREAM-OUTEROTHER-0000000018 (stores: [KSTREAM-OUTERTHIS-0000000017-store, KSTREAM-OUTERSHARED-0000000017-store])
      --> KSTREAM-MERGE-0000000019
      <-- KSTREAM-WINDOWED-0000000016
    Processor: KSTREAM-OUTERTHIS-0000000017 (stores: [KSTREAM-OUTEROTHER-0000000018-store, KSTREAM-OUTERSHARED-0000000017-store])
      --> KSTREAM-MERGE-0000000019
      <-- KSTREAM-WINDOWED-0000000015
    Processor: own-outer-other-join (stores: [KSTREAM-OUTERSHARED-0000000026-store, KSTREAM-JOINTHIS-0000000026-store])
      --> own-merge
      <-- own-other-windowed
    Processor: own-this-join (stores: [KSTREAM-OUTEROTHER-0000000027-store, KSTREAM-OUTERSHARED-0000000026-store])
      --> own-merge
      <-- own-this-windowed
    Processor: KSTREAM-MERGE-0000000010 (stores: [])
      --> KSTREAM-SINK-0000000011
      <-- KSTREAM-JOINTHIS-0000000008, KSTREAM-JOINOTHER-0000000009
    Processor: KSTREAM-MERGE-0000000019 (stores: [])
      --> KSTREAM-SINK-0000000020
      <-- KSTREAM-OUTERTHIS-0000000017, KSTREAM-OUTEROTHER-0000000018
    Processor: KSTREAM-MERGE-0000000037 (stores: [])
      --> KSTREAM-SINK-0000000038
      <-- KSTREAM-JOINTHIS-0000000035, KSTREAM-JOINOTHER-0000000036
    Processor: own-merge (stores: [])
      --> KSTREAM-SINK-0000000029
      <-- own-this-join, own-outer-other-join
    Sink: KSTREAM-SINK-0000000011 (topic: out)
      <-- KSTREAM-MERGE-0000000010
    Sink: KSTREAM-SINK-0000000020 (topic: out2)
      <-- KSTREAM-MERGE-0000000019
    Sink: KSTREAM-SINK-0000000029 (topic: out3)
      <-- own-merge
    Sink: KSTREAM-SINK-0000000038 (topic: out4)
      <-- KSTREAM-MERGE-0000000037

`,
  'join of three streams': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [a])
      --> KSTREAM-WINDOWED-0000000002
    Source: KSTREAM-SOURCE-0000000001 (topics: [b])
      --> KSTREAM-WINDOWED-0000000003
    Processor: KSTREAM-WINDOWED-0000000002 (stores: [KSTREAM-JOINTHIS-0000000004-store])
      --> KSTREAM-JOINTHIS-0000000004
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-WINDOWED-0000000003 (stores: [KSTREAM-JOINOTHER-0000000005-store])
      --> KSTREAM-JOINOTHER-0000000005
      <-- KSTREAM-SOURCE-0000000001
    Processor: KSTREAM-JOINOTHER-0000000005 (stores: [KSTREAM-JOINTHIS-0000000004-store])
      --> KSTREAM-MERGE-0000000006
      <-- KSTREAM-WINDOWED-0000000003
    Processor: KSTREAM-JOINTHIS-0000000004 (stores: [KSTREAM-JOINOTHER-0000000005-store])
      --> KSTREAM-MERGE-0000000006
      <-- KSTREAM-WINDOWED-0000000002
    Processor: KSTREAM-MERGE-0000000006 (stores: [])
      --> KSTREAM-WINDOWED-0000000008
      <-- KSTREAM-JOINTHIS-0000000004, KSTREAM-JOINOTHER-0000000005
    Source: KSTREAM-SOURCE-0000000007 (topics: [c])
      --> KSTREAM-WINDOWED-0000000009
    Processor: KSTREAM-WINDOWED-0000000008 (stores: [KSTREAM-JOINTHIS-0000000010-store])
      --> KSTREAM-JOINTHIS-0000000010
      <-- KSTREAM-MERGE-0000000006
    Processor: KSTREAM-WINDOWED-0000000009 (stores: [KSTREAM-OUTEROTHER-0000000011-store])
      --> KSTREAM-OUTEROTHER-0000000011
      <-- KSTREAM-SOURCE-0000000007
    Processor: KSTREAM-JOINTHIS-0000000010 (stores: [KSTREAM-OUTERSHARED-0000000010-store, KSTREAM-OUTEROTHER-0000000011-store])
      --> KSTREAM-MERGE-0000000012
      <-- KSTREAM-WINDOWED-0000000008
    Processor: KSTREAM-OUTEROTHER-0000000011 (stores: [KSTREAM-OUTERSHARED-0000000010-store, KSTREAM-JOINTHIS-0000000010-store])
      --> KSTREAM-MERGE-0000000012
      <-- KSTREAM-WINDOWED-0000000009
    Processor: KSTREAM-MERGE-0000000012 (stores: [])
      --> KSTREAM-SINK-0000000013
      <-- KSTREAM-JOINTHIS-0000000010, KSTREAM-OUTEROTHER-0000000011
    Sink: KSTREAM-SINK-0000000013 (topic: out)
      <-- KSTREAM-MERGE-0000000012

`,
  'join of three streams, with a new key between': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [a])
      --> KSTREAM-WINDOWED-0000000002
    Source: KSTREAM-SOURCE-0000000001 (topics: [b])
      --> KSTREAM-WINDOWED-0000000003
    Processor: KSTREAM-WINDOWED-0000000002 (stores: [KSTREAM-JOINTHIS-0000000004-store])
      --> KSTREAM-JOINTHIS-0000000004
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-WINDOWED-0000000003 (stores: [KSTREAM-JOINOTHER-0000000005-store])
      --> KSTREAM-JOINOTHER-0000000005
      <-- KSTREAM-SOURCE-0000000001
    Processor: KSTREAM-JOINOTHER-0000000005 (stores: [KSTREAM-JOINTHIS-0000000004-store])
      --> KSTREAM-MERGE-0000000006
      <-- KSTREAM-WINDOWED-0000000003
    Processor: KSTREAM-JOINTHIS-0000000004 (stores: [KSTREAM-JOINOTHER-0000000005-store])
      --> KSTREAM-MERGE-0000000006
      <-- KSTREAM-WINDOWED-0000000002
    Processor: KSTREAM-MERGE-0000000006 (stores: [])
      --> KSTREAM-KEY-SELECT-0000000007
      <-- KSTREAM-JOINTHIS-0000000004, KSTREAM-JOINOTHER-0000000005
    Processor: KSTREAM-KEY-SELECT-0000000007 (stores: [])
      --> second-left-repartition-filter
      <-- KSTREAM-MERGE-0000000006
    Processor: second-left-repartition-filter (stores: [])
      --> second-left-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000007
    Sink: second-left-repartition-sink (topic: second-left-repartition)
      <-- second-left-repartition-filter

  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000008 (topics: [c])
      --> second-other-windowed
    Source: second-left-repartition-source (topics: [second-left-repartition])
      --> second-this-windowed
    Processor: second-other-windowed (stores: [s-outer-other-join-store])
      --> second-outer-other-join
      <-- KSTREAM-SOURCE-0000000008
    Processor: second-this-windowed (stores: [s-outer-this-join-store])
      --> second-outer-this-join
      <-- second-left-repartition-source
    Processor: second-outer-other-join (stores: [s-outer-shared-join-store, s-outer-this-join-store])
      --> second-merge
      <-- second-other-windowed
    Processor: second-outer-this-join (stores: [s-outer-shared-join-store, s-outer-other-join-store])
      --> second-merge
      <-- second-this-windowed
    Processor: second-merge (stores: [])
      --> KSTREAM-AGGREGATE-0000000017
      <-- second-outer-this-join, second-outer-other-join
    Processor: KSTREAM-AGGREGATE-0000000017 (stores: [n])
      --> KTABLE-TOSTREAM-0000000018
      <-- second-merge
    Processor: KTABLE-TOSTREAM-0000000018 (stores: [])
      --> KSTREAM-SINK-0000000019
      <-- KSTREAM-AGGREGATE-0000000017
    Sink: KSTREAM-SINK-0000000019 (topic: out)
      <-- KTABLE-TOSTREAM-0000000018

`,
  'self-join': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-WINDOWED-0000000001, KSTREAM-WINDOWED-0000000002
    Processor: KSTREAM-WINDOWED-0000000001 (stores: [KSTREAM-JOINTHIS-0000000003-store])
      --> KSTREAM-JOINTHIS-0000000003
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-WINDOWED-0000000002 (stores: [KSTREAM-JOINOTHER-0000000004-store])
      --> KSTREAM-JOINOTHER-0000000004
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-JOINOTHER-0000000004 (stores: [KSTREAM-JOINTHIS-0000000003-store])
      --> KSTREAM-MERGE-0000000005
      <-- KSTREAM-WINDOWED-0000000002
    Processor: KSTREAM-JOINTHIS-0000000003 (stores: [KSTREAM-JOINOTHER-0000000004-store])
      --> KSTREAM-MERGE-0000000005
      <-- KSTREAM-WINDOWED-0000000001
    Processor: KSTREAM-MERGE-0000000005 (stores: [])
      --> KSTREAM-SINK-0000000006
      <-- KSTREAM-JOINTHIS-0000000003, KSTREAM-JOINOTHER-0000000004
    Sink: KSTREAM-SINK-0000000006 (topic: out)
      <-- KSTREAM-MERGE-0000000005

`,
  'self-join of two streams of one topic': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-WINDOWED-0000000002, KSTREAM-WINDOWED-0000000003
    Processor: KSTREAM-WINDOWED-0000000002 (stores: [KSTREAM-JOINTHIS-0000000004-store])
      --> KSTREAM-JOINTHIS-0000000004
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-WINDOWED-0000000003 (stores: [KSTREAM-JOINOTHER-0000000005-store])
      --> KSTREAM-JOINOTHER-0000000005
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-JOINOTHER-0000000005 (stores: [KSTREAM-JOINTHIS-0000000004-store])
      --> KSTREAM-MERGE-0000000006
      <-- KSTREAM-WINDOWED-0000000003
    Processor: KSTREAM-JOINTHIS-0000000004 (stores: [KSTREAM-JOINOTHER-0000000005-store])
      --> KSTREAM-MERGE-0000000006
      <-- KSTREAM-WINDOWED-0000000002
    Processor: KSTREAM-MERGE-0000000006 (stores: [])
      --> KSTREAM-SINK-0000000007
      <-- KSTREAM-JOINTHIS-0000000004, KSTREAM-JOINOTHER-0000000005
    Sink: KSTREAM-SINK-0000000007 (topic: out)
      <-- KSTREAM-MERGE-0000000006

`,
  'self-join of a rekeyed stream': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-KEY-SELECT-0000000001
    Processor: KSTREAM-KEY-SELECT-0000000001 (stores: [])
      --> KSTREAM-FILTER-0000000003
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-FILTER-0000000003 (stores: [])
      --> KSTREAM-SINK-0000000002
      <-- KSTREAM-KEY-SELECT-0000000001
    Sink: KSTREAM-SINK-0000000002 (topic: KSTREAM-KEY-SELECT-0000000001-repartition)
      <-- KSTREAM-FILTER-0000000003

  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000004 (topics: [KSTREAM-KEY-SELECT-0000000001-repartition])
      --> KSTREAM-WINDOWED-0000000008, KSTREAM-WINDOWED-0000000009
    Processor: KSTREAM-WINDOWED-0000000008 (stores: [KSTREAM-JOINTHIS-0000000010-store])
      --> KSTREAM-JOINTHIS-0000000010
      <-- KSTREAM-SOURCE-0000000004
    Processor: KSTREAM-WINDOWED-0000000009 (stores: [KSTREAM-OUTEROTHER-0000000011-store])
      --> KSTREAM-OUTEROTHER-0000000011
      <-- KSTREAM-SOURCE-0000000004
    Processor: KSTREAM-JOINTHIS-0000000010 (stores: [KSTREAM-OUTERSHARED-0000000010-store, KSTREAM-OUTEROTHER-0000000011-store])
      --> KSTREAM-MERGE-0000000012
      <-- KSTREAM-WINDOWED-0000000008
    Processor: KSTREAM-OUTEROTHER-0000000011 (stores: [KSTREAM-OUTERSHARED-0000000010-store, KSTREAM-JOINTHIS-0000000010-store])
      --> KSTREAM-MERGE-0000000012
      <-- KSTREAM-WINDOWED-0000000009
    Processor: KSTREAM-MERGE-0000000012 (stores: [])
      --> KSTREAM-SINK-0000000013
      <-- KSTREAM-JOINTHIS-0000000010, KSTREAM-OUTEROTHER-0000000011
    Sink: KSTREAM-SINK-0000000013 (topic: out)
      <-- KSTREAM-MERGE-0000000012

`,
  'self-join behind filters': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-MAPVALUES-0000000002, KSTREAM-FILTER-0000000001
    Processor: KSTREAM-FILTER-0000000001 (stores: [])
      --> KSTREAM-WINDOWED-0000000003
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-MAPVALUES-0000000002 (stores: [])
      --> KSTREAM-WINDOWED-0000000004
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-WINDOWED-0000000003 (stores: [KSTREAM-JOINTHIS-0000000005-store])
      --> KSTREAM-JOINTHIS-0000000005
      <-- KSTREAM-FILTER-0000000001
    Processor: KSTREAM-WINDOWED-0000000004 (stores: [KSTREAM-JOINOTHER-0000000006-store])
      --> KSTREAM-JOINOTHER-0000000006
      <-- KSTREAM-MAPVALUES-0000000002
    Processor: KSTREAM-JOINOTHER-0000000006 (stores: [KSTREAM-JOINTHIS-0000000005-store])
      --> KSTREAM-MERGE-0000000007
      <-- KSTREAM-WINDOWED-0000000004
    Processor: KSTREAM-JOINTHIS-0000000005 (stores: [KSTREAM-JOINOTHER-0000000006-store])
      --> KSTREAM-MERGE-0000000007
      <-- KSTREAM-WINDOWED-0000000003
    Processor: KSTREAM-MERGE-0000000007 (stores: [])
      --> KSTREAM-SINK-0000000008
      <-- KSTREAM-JOINTHIS-0000000005, KSTREAM-JOINOTHER-0000000006
    Sink: KSTREAM-SINK-0000000008 (topic: out)
      <-- KSTREAM-MERGE-0000000007

`,
}
