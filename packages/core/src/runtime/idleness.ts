import type { SourceNode, Subtopology } from '../topology/topology-node.ts'

/** Which sources of a topology may be idle. */
export interface Idleness {
  /** How long each is quiet before it is idle, by the name of the source node. Absent: never idle. */
  readonly idleMs: ReadonlyMap<string, number>
  /** Repartition topics whose readers may be idle, and the sub-topologies that write each. */
  readonly writers: ReadonlyMap<string, readonly number[]>
}

/**
 * A source has the idleness that it declares. That of a repartition topic is inherited: the longest one
 * among all sources that feed what writes it, over any number of topics, if each of those has one.
 */
export function idlenessOf(subtopologies: readonly Subtopology[]): Idleness {
  const writersOf = writersByTopic(subtopologies)
  const idleMs = new Map<string, number>()
  const writers = new Map<string, readonly number[]>()
  for (const source of subtopologies.flatMap(sourcesOf)) {
    const direct = topicsOf(source).flatMap((topic) => writersOf.get(topic) ?? [])
    const isInternal = direct.length > 0
    const sourceMs = isInternal ? inheritedMs(direct, writersOf) : source.idleMs
    if (sourceMs === undefined) continue
    idleMs.set(source.name, sourceMs)
    if (!isInternal) continue
    for (const topic of topicsOf(source)) {
      const ids = (writersOf.get(topic) ?? []).map(({ id }) => id)
      writers.set(topic, ids)
    }
  }
  return { idleMs, writers }
}

type Writers = ReadonlyMap<string, readonly Subtopology[]>

function inheritedMs(direct: readonly Subtopology[], writers: Writers): number | undefined {
  const feeding = new Set(direct)
  let longestMs: number | undefined
  // Grows while it is walked: what is found feeds as well.
  for (const subtopology of feeding) {
    for (const source of sourcesOf(subtopology)) {
      const above = topicsOf(source).flatMap((topic) => writers.get(topic) ?? [])
      for (const writer of above) feeding.add(writer)
      if (above.length > 0) continue
      if (source.idleMs === undefined) return undefined
      longestMs = Math.max(longestMs ?? 0, source.idleMs)
    }
  }
  return longestMs
}

function writersByTopic(subtopologies: readonly Subtopology[]): Writers {
  const writers = new Map<string, Subtopology[]>()
  for (const subtopology of subtopologies) {
    for (const topic of subtopology.writesInternal) {
      const known = writers.get(topic)
      if (known === undefined) writers.set(topic, [subtopology])
      else known.push(subtopology)
    }
  }
  return writers
}

function sourcesOf({ nodes }: Subtopology): readonly SourceNode[] {
  return nodes.filter((node) => node.kind === 'source')
}

function topicsOf({ topics }: SourceNode): readonly string[] {
  return topics instanceof RegExp ? [] : topics
}
