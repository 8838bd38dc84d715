import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StreamsBuilder } from './streams-builder.ts'
import { serdes } from '../serde/serdes.ts'

const text = { key: serdes.string, value: serdes.string }

test('the chart has a frame a sub-topology, with topics and stores', () => {
  const builder = new StreamsBuilder()
  builder
    .stream('in', { ...text, name: 'read' })
    .groupBy((_, value) => value, { ...text, name: 'g' })
    .count({ store: 'counts', name: 'count' })
    .toStream({ name: 'changes' })
    .to('out', { name: 'write' })

  assert.equal(
    builder.build().toMermaid(),
    `flowchart TD
  topic4(["in"])
  topic5(["g-repartition"])
  topic11(["out"])
  subgraph sub0["Sub-topology 0"]
    node0[/"read"/]
    node1["g"]
    node2["g-repartition-filter"]
    node3[/"g-repartition-sink"/]
  end
  subgraph sub1["Sub-topology 1"]
    node6[/"g-repartition-source"/]
    node7["count"]
    node8["changes"]
    node9[/"write"/]
    store10[("counts")]
  end
  node0 --> node1
  topic4 --> node0
  node1 --> node2
  node2 --> node3
  node3 --> topic5
  node6 --> node7
  topic5 --> node6
  node7 --> node8
  node7 <-.-> store10
  node8 --> node9
  node9 --> topic11
`,
  )
})

test('a pattern and a topic by record are shown as what they are, escaped', () => {
  const builder = new StreamsBuilder()
  const byKind = (_key: string, value: string): string => value
  builder.stream(/in<"\d+">/, text).to(byKind)
  const chart = builder.build().toMermaid()

  assert.match(chart, /\(\["\/in#60;#34;#92;d\+#34;#62;\/"\]\)/)
  assert.match(chart, /\(\["by byKind\(\)"\]\)/)
})
