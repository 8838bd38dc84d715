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

test('a global store has a frame of its own, in its place', () => {
  const builder = new StreamsBuilder()
  const global = builder.globalTable('global', { ...text, name: 'g', store: 'rows' })
  const key = (_: string, value: string): string => value
  builder
    .stream('in', { ...text, name: 'read' })
    .join(global, (left, right) => left + right, { key, name: 'look', value: serdes.string })
    .to('out', { name: 'write' })

  assert.equal(
    builder.build().toMermaid(),
    `flowchart TD
  topic3(["global"])
  topic7(["in"])
  topic8(["out"])
  subgraph sub0["Global store 0"]
    node0[/"g-source"/]
    node1["g"]
    store2[("rows")]
  end
  subgraph sub1["Sub-topology 1"]
    node4[/"read"/]
    node5["look"]
    node6[/"write"/]
  end
  node0 --> node1
  topic3 --> node0
  node1 <-.-> store2
  node4 --> node5
  topic7 --> node4
  node5 --> node6
  node6 --> topic8
`,
  )
})
