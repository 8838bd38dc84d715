/** What Kafka Streams 4.3.1 prints for these topologies (`Topology.describe().toString()`), by name. */
export const ORDERING: Readonly<Record<string, string>> = {
  'many children, in the order of hash sets': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> omega, alpha, iota, KSTREAM-MERGE-0000000006, KSTREAM-MERGE-0000000013, beta, eta, mu, nu, zeta, KSTREAM-MERGE-0000000018, kappa, psi, chi, rho, tau, xi
    Processor: alpha (stores: [])
      --> KSTREAM-MAPVALUES-0000000005
      <-- KSTREAM-SOURCE-0000000000
    Processor: kappa (stores: [])
      --> KSTREAM-MAPVALUES-0000000012
      <-- KSTREAM-SOURCE-0000000000
    Processor: omega (stores: [])
      --> KSTREAM-MAPVALUES-0000000017
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-MAPVALUES-0000000005 (stores: [])
      --> KSTREAM-MERGE-0000000006, KSTREAM-SINK-0000000008
      <-- alpha
    Processor: KSTREAM-MAPVALUES-0000000012 (stores: [])
      --> KSTREAM-MERGE-0000000013, KSTREAM-SINK-0000000015
      <-- kappa
    Processor: KSTREAM-MAPVALUES-0000000017 (stores: [])
      --> KSTREAM-MERGE-0000000018, KSTREAM-SINK-0000000020
      <-- omega
    Processor: beta (stores: [])
      --> KSTREAM-MAPVALUES-0000000022
      <-- KSTREAM-SOURCE-0000000000
    Processor: iota (stores: [])
      --> KSTREAM-MAPVALUES-0000000035
      <-- KSTREAM-SOURCE-0000000000
    Processor: zeta (stores: [])
      --> KSTREAM-MAPVALUES-0000000002
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-MAPVALUES-0000000002 (stores: [])
      --> KSTREAM-SINK-0000000003
      <-- zeta
    Processor: KSTREAM-MAPVALUES-0000000022 (stores: [])
      --> KSTREAM-SINK-0000000023
      <-- beta
    Processor: KSTREAM-MAPVALUES-0000000035 (stores: [])
      --> KSTREAM-SINK-0000000036
      <-- iota
    Processor: KSTREAM-MERGE-0000000006 (stores: [])
      --> KSTREAM-SINK-0000000007
      <-- KSTREAM-SOURCE-0000000000, KSTREAM-MAPVALUES-0000000005
    Processor: KSTREAM-MERGE-0000000013 (stores: [])
      --> KSTREAM-SINK-0000000014
      <-- KSTREAM-SOURCE-0000000000, KSTREAM-MAPVALUES-0000000012
    Processor: KSTREAM-MERGE-0000000018 (stores: [])
      --> KSTREAM-SINK-0000000019
      <-- KSTREAM-SOURCE-0000000000, KSTREAM-MAPVALUES-0000000017
    Processor: chi (stores: [])
      --> KSTREAM-SINK-0000000029
      <-- KSTREAM-SOURCE-0000000000
    Processor: eta (stores: [])
      --> KSTREAM-SINK-0000000033
      <-- KSTREAM-SOURCE-0000000000
    Processor: mu (stores: [])
      --> KSTREAM-SINK-0000000010
      <-- KSTREAM-SOURCE-0000000000
    Processor: nu (stores: [])
      --> KSTREAM-SINK-0000000038
      <-- KSTREAM-SOURCE-0000000000
    Processor: psi (stores: [])
      --> KSTREAM-SINK-0000000031
      <-- KSTREAM-SOURCE-0000000000
    Processor: rho (stores: [])
      --> KSTREAM-SINK-0000000025
      <-- KSTREAM-SOURCE-0000000000
    Processor: tau (stores: [])
      --> KSTREAM-SINK-0000000027
      <-- KSTREAM-SOURCE-0000000000
    Processor: xi (stores: [])
      --> KSTREAM-SINK-0000000040
      <-- KSTREAM-SOURCE-0000000000
    Sink: KSTREAM-SINK-0000000003 (topic: out-zeta)
      <-- KSTREAM-MAPVALUES-0000000002
    Sink: KSTREAM-SINK-0000000007 (topic: alpha)
      <-- KSTREAM-MERGE-0000000006
    Sink: KSTREAM-SINK-0000000008 (topic: out-alpha)
      <-- KSTREAM-MAPVALUES-0000000005
    Sink: KSTREAM-SINK-0000000010 (topic: out-mu)
      <-- mu
    Sink: KSTREAM-SINK-0000000014 (topic: kappa)
      <-- KSTREAM-MERGE-0000000013
    Sink: KSTREAM-SINK-0000000015 (topic: out-kappa)
      <-- KSTREAM-MAPVALUES-0000000012
    Sink: KSTREAM-SINK-0000000019 (topic: omega)
      <-- KSTREAM-MERGE-0000000018
    Sink: KSTREAM-SINK-0000000020 (topic: out-omega)
      <-- KSTREAM-MAPVALUES-0000000017
    Sink: KSTREAM-SINK-0000000023 (topic: out-beta)
      <-- KSTREAM-MAPVALUES-0000000022
    Sink: KSTREAM-SINK-0000000025 (topic: out-rho)
      <-- rho
    Sink: KSTREAM-SINK-0000000027 (topic: out-tau)
      <-- tau
    Sink: KSTREAM-SINK-0000000029 (topic: out-chi)
      <-- chi
    Sink: KSTREAM-SINK-0000000031 (topic: out-psi)
      <-- psi
    Sink: KSTREAM-SINK-0000000033 (topic: out-eta)
      <-- eta
    Sink: KSTREAM-SINK-0000000036 (topic: out-iota)
      <-- KSTREAM-MAPVALUES-0000000035
    Sink: KSTREAM-SINK-0000000038 (topic: out-nu)
      <-- nu
    Sink: KSTREAM-SINK-0000000040 (topic: out-xi)
      <-- xi

`,
  'siblings of different size': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-AGGREGATE-0000000007, KSTREAM-FILTER-0000000011, KSTREAM-MAPVALUES-0000000001, KSTREAM-MAPVALUES-0000000003
    Processor: KSTREAM-AGGREGATE-0000000007 (stores: [counts])
      --> KTABLE-FILTER-0000000008
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-MAPVALUES-0000000003 (stores: [])
      --> KSTREAM-FILTER-0000000004
      <-- KSTREAM-SOURCE-0000000000
    Source: KSTREAM-SOURCE-0000000012 (topics: [other])
      --> KSTREAM-PEEK-0000000013
    Processor: KSTREAM-FILTER-0000000004 (stores: [])
      --> KSTREAM-PEEK-0000000005
      <-- KSTREAM-MAPVALUES-0000000003
    Processor: KSTREAM-FILTER-0000000011 (stores: [])
      --> KSTREAM-MERGE-0000000014
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-PEEK-0000000013 (stores: [])
      --> KSTREAM-MERGE-0000000014
      <-- KSTREAM-SOURCE-0000000012
    Processor: KTABLE-FILTER-0000000008 (stores: [])
      --> KTABLE-TOSTREAM-0000000009
      <-- KSTREAM-AGGREGATE-0000000007
    Processor: KSTREAM-MAPVALUES-0000000001 (stores: [])
      --> KSTREAM-SINK-0000000002
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-MERGE-0000000014 (stores: [])
      --> KSTREAM-SINK-0000000015
      <-- KSTREAM-FILTER-0000000011, KSTREAM-PEEK-0000000013
    Processor: KSTREAM-PEEK-0000000005 (stores: [])
      --> KSTREAM-SINK-0000000006
      <-- KSTREAM-FILTER-0000000004
    Processor: KTABLE-TOSTREAM-0000000009 (stores: [])
      --> KSTREAM-SINK-0000000010
      <-- KTABLE-FILTER-0000000008
    Sink: KSTREAM-SINK-0000000002 (topic: short)
      <-- KSTREAM-MAPVALUES-0000000001
    Sink: KSTREAM-SINK-0000000006 (topic: long)
      <-- KSTREAM-PEEK-0000000005
    Sink: KSTREAM-SINK-0000000010 (topic: counted)
      <-- KTABLE-TOSTREAM-0000000009
    Sink: KSTREAM-SINK-0000000015 (topic: merged)
      <-- KSTREAM-MERGE-0000000014

`,
  'stores in the order of hash sets': `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> all-stores
    Processor: all-stores (stores: [b-store, carts, a-store, orders, prices, users])
      --> KSTREAM-SINK-0000000001
      <-- KSTREAM-SOURCE-0000000000
    Sink: KSTREAM-SINK-0000000001 (topic: out)
      <-- all-stores

`,
}
