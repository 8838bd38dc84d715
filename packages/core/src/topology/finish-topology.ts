import { MillraceError } from '../errors/millrace-error.ts'
import { type Assembly, type AssemblyParts, withChildren } from './assembly.ts'
import { describeTopology } from './describe.ts'
import { mermaidOf } from './mermaid.ts'
import { makeSubtopologies } from './subtopologies.ts'
import type { Topology } from './topology-node.ts'
import { validateTopology } from './validate.ts'

/** What each topology was made of: a `TopologyBuilder` goes on from it. */
const PARTS = new WeakMap<Topology, AssemblyParts>()

/**
 * Makes a topology of what was put together.
 *
 * @param moreProblems looks for what else is wrong
 * @throws MillraceError `MR_TOPOLOGY` that lists every problem with the name of its operator
 */
export function finishTopology(
  assembly: Assembly,
  moreProblems: (parts: AssemblyParts) => readonly string[] = () => [],
): Topology {
  const parts = assembly.finish()
  const { repartitionTopics } = parts
  const groups = makeSubtopologies(withChildren(parts.nodes), parts)
  const problems = [
    ...assembly.problems,
    ...validateTopology(groups, repartitionTopics),
    ...moreProblems(parts),
  ]
  if (problems.length > 0) {
    throw new MillraceError('MR_TOPOLOGY', `Invalid topology: ${problems.join('; ')}`, {
      hint: 'Correct the operators named in the message.',
      at: { problems: problems.length },
    })
  }
  const topology: Topology = Object.freeze({
    ...groups,
    repartitionTopics,
    describe: () => describeTopology(groups),
    toMermaid: () => mermaidOf(groups),
  })
  PARTS.set(topology, parts)
  return topology
}

/** @throws TypeError for a topology that `build()` did not make */
export function partsOf(topology: Topology): AssemblyParts {
  const parts = PARTS.get(topology)
  if (parts === undefined) throw new TypeError('not a topology that build() gave')
  return parts
}
