import type { Groups } from './subtopologies.ts'
import type { TopologyNode } from './topology-node.ts'

/**
 * A Mermaid flowchart: one frame a sub-topology, operators as boxes, topics as stadiums, stores as
 * databases, targets outside Kafka as hexagons. A repartition topic is one node outside the frames, so that it shows
 * how they hang together.
 */
export function mermaidOf({ subtopologies, globalStores, externalSinks }: Groups): string {
  const frames: Frame[] = [
    ...subtopologies.map((part) => ({ ...part, title: `Sub-topology ${part.id}` })),
    ...globalStores.map((part) => {
      return { ...part, stores: [part.store], title: `Global store ${part.id}` }
    }),
    ...externalSinks.map(({ id, name, nodes, parents, sink }) => {
      const target = { name, parents, kind: sink.kind }
      return { id, nodes, stores: [], title: `External sink ${id}`, target }
    }),
  ]
  const chart = new Chart()
  for (const frame of frames.sort((a, b) => a.id - b.id)) chart.add(frame)
  return chart.text()
}

interface Frame {
  readonly id: number
  readonly title: string
  readonly nodes: readonly TopologyNode[]
  readonly stores: readonly { readonly name: string }[]
  readonly target?: Target
}

interface Target {
  readonly name: string
  readonly parents: readonly string[]
  readonly kind: string
}

class Chart {
  readonly #ids = new Map<string, string>()
  /** What is outside the frames. */
  readonly #topics: string[] = []
  readonly #frames: string[] = []
  readonly #edges: string[] = []

  add({ id, title, nodes, stores, target }: Frame): void {
    this.#frames.push(`  subgraph sub${id}["${title}"]`)
    // Before an external sink there are copies, with names that other frames have as well.
    const idOf = (name: string): string =>
      target === undefined ? this.#id('node', name) : this.#id('node', `${target.name} ${name}`)
    for (const node of nodes) this.#frames.push(`    ${idOf(node.name)}${box(node)}`)
    for (const { name } of stores) {
      this.#frames.push(`    ${this.#id('store', name)}[(${quoted(name)})]`)
    }
    this.#frames.push('  end')
    for (const node of nodes) this.#connect(node, idOf)
    if (target !== undefined) this.#addTarget(target, idOf)
  }

  text(): string {
    return ['flowchart TD', ...this.#topics, ...this.#frames, ...this.#edges, ''].join('\n')
  }

  #addTarget({ name, parents, kind }: Target, idOf: (name: string) => string): void {
    const self = this.#id('target', name)
    this.#topics.push(`  ${self}{{${quoted(`${kind} ${name}`)}}}`)
    for (const parent of parents) this.#edges.push(`  ${idOf(parent)} --> ${self}`)
  }

  #connect(node: TopologyNode, idOf: (name: string) => string): void {
    const self = idOf(node.name)
    for (const child of node.children) {
      this.#edges.push(`  ${self} --> ${idOf(child)}`)
    }
    switch (node.kind) {
      case 'source':
        for (const topic of topicsOf(node.topics)) {
          this.#edges.push(`  ${this.#topic(topic)} --> ${self}`)
        }
        return
      case 'processor':
        for (const store of node.stores) {
          this.#edges.push(`  ${self} <-.-> ${this.#id('store', store)}`)
        }
        return
      case 'sink':
        this.#edges.push(`  ${self} --> ${this.#topic(targetOf(node.topic))}`)
    }
  }

  #topic(name: string): string {
    const known = this.#ids.get(`topic ${name}`)
    if (known !== undefined) return known
    const id = this.#id('topic', name)
    this.#topics.push(`  ${id}([${quoted(name)}])`)
    return id
  }

  /** Names have characters that Mermaid gives a meaning, so nodes are numbered. */
  #id(kind: 'node' | 'store' | 'topic' | 'target', name: string): string {
    const key = `${kind} ${name}`
    const id = this.#ids.get(key) ?? `${kind}${this.#ids.size}`
    this.#ids.set(key, id)
    return id
  }
}

function box(node: TopologyNode): string {
  return node.kind === 'processor' ? `[${quoted(node.name)}]` : `[/${quoted(node.name)}/]`
}

function topicsOf(topics: readonly string[] | RegExp): readonly string[] {
  return topics instanceof RegExp ? [`/${topics.source}/`] : topics
}

function targetOf(topic: string | { readonly name: string }): string {
  if (typeof topic === 'string') return topic
  return topic.name === '' ? 'by record' : `by ${topic.name}()`
}

/** Mermaid's own escapes: `#` opens an entity, quotes end the text, brackets and line ends its shape. */
function quoted(text: string): string {
  const escaped = text.replace(/[#"&<>\\\n\r`]/g, (char) => `#${char.charCodeAt(0)};`)
  return `"${escaped}"`
}
