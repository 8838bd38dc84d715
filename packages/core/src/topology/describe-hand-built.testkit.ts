/** What Kafka Streams 4.3.1 prints for these topologies, which are built by hand, by name. */
export const HAND_BUILT: Readonly<Record<string, string>> = {
  alone: `Topologies:
   Sub-topology: 0
    Source: words (topics: [in-a, in-b])
      --> count all, trim
    Processor: count all (stores: [counts])
      --> trim, out
      <-- words
    Processor: trim (stores: [])
      --> dynamic, out
      <-- words, count all
    Sink: dynamic (extractor class: anonymous)
      <-- trim
    Sink: out (topic: out)
      <-- count all, trim

`,
  'shared store': `Topologies:
   Sub-topology: 0
    Source: a (topics: [a])
      --> pa
    Source: b (topics: [b])
      --> pb
    Processor: pa (stores: [shared])
      --> none
      <-- a
    Processor: pb (stores: [shared])
      --> none
      <-- b

  Sub-topology: 1
    Source: c (topics: c-.*)
      --> pc
    Processor: pc (stores: [own])
      --> none
      <-- c

`,
  'on top of the DSL': `Topologies:
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
      --> KSTREAM-AGGREGATE-0000000002
    Processor: KSTREAM-AGGREGATE-0000000002 (stores: [counts])
      --> watch
      <-- counts-repartition-source
    Source: more (topics: [more])
      --> read
    Processor: watch (stores: [counts])
      --> watched
      <-- KSTREAM-AGGREGATE-0000000002
    Processor: read (stores: [counts])
      --> none
      <-- more
    Sink: watched (topic: watched)
      <-- watch

`,
  'a supplier that brings a store': `Topologies:
   Sub-topology: 0
    Source: s (topics: [in])
      --> p
    Processor: p (stores: [brought])
      --> none
      <-- s

`,
  'process with a store that the supplier brings': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-PROCESSOR-0000000001
    Processor: KSTREAM-PROCESSOR-0000000001 (stores: [brought])
      --> none
      <-- KSTREAM-SOURCE-0000000000

`,
  'global and read-only stores': `Topologies:
   Sub-topology: 0 for global store (will not generate tasks)
    Source: read all (topics: [all])
      --> keep all
    Processor: keep all (stores: [everywhere])
      --> none
      <-- read all
  Sub-topology: 1
    Source: in (topics: [in])
      --> look up
    Processor: look up (stores: [rows])
      --> out
      <-- in
    Source: read rows (topics: [rows])
      --> keep rows
    Processor: keep rows (stores: [rows])
      --> none
      <-- read rows
    Sink: out (topic: out)
      <-- look up

`,
}
