import type { AssemblyParts } from './assembly.ts'
import type { Plan } from './plan.ts'

/**
 * Stores and internal topics that bear a name that the plan made up, one line each with what names it (Kafka
 * Streams: `ensure.explicit.internal.resource.naming`). Only those that are there: the name of a table that is not
 * stored is of no account, though Kafka Streams complains of it.
 */
export function generatedNameProblems(
  parts: AssemblyParts,
  plan: Pick<Plan, 'isGenerated'>,
): readonly string[] {
  const problems: string[] = []
  const global = [...parts.globalStores.values()].map(({ name }) => name)
  for (const name of [...parts.stores.keys(), ...global]) {
    if (!isGenerated(name, plan)) continue
    const user = parts.nodes.find((node) => node.kind === 'processor' && node.stores.includes(name))
    if (user === undefined) continue
    const option = isNamedByOperator(name) ? 'name' : 'store'
    problems.push(
      `${user.name}: its store '${name}' has a generated name; give the option \`${option}\``,
    )
  }
  for (const name of parts.repartitionTopics.keys()) {
    if (!isGenerated(name, plan)) continue
    const writers = parts.nodes.filter((node) => node.kind === 'sink' && node.topic === name)
    const above = writers.flatMap((sink) => sink.parents).join(', ')
    problems.push(
      `${above}: the topic '${name}' that it writes has a generated name; give the option \`name\` to the ` +
        'grouping, join, table or repartition that reads it',
    )
  }
  return problems
}

/** A name made up, or one that begins with such a one: `<generated>-store`, `<generated><branch>-repartition`. */
function isGenerated(name: string, plan: Pick<Plan, 'isGenerated'>): boolean {
  for (const { index, 0: number } of name.matchAll(/-[0-9]{10}/g)) {
    if (plan.isGenerated(name.slice(0, index + number.length))) return true
  }
  return false
}

/** Those of `suppress`, of a foreign-key join, and of a join with a grace period have no option of their own. */
function isNamedByOperator(store: string): boolean {
  return (
    store.startsWith('KTABLE-SUPPRESS-') ||
    store.startsWith('KTABLE-FK-JOIN-SUBSCRIPTION-') ||
    store.endsWith('-Buffer')
  )
}
