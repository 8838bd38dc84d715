/** Kafka's limit on the length of a topic name, which is also Kafka Streams' for operators. */
const MAX_NAME_LENGTH = 249

/**
 * What is wrong with `name` as a topic, a store or an operator; undefined when nothing is.
 * The rule is Kafka's for topics: letters, digits, `.`, `_` and `-` (Kafka Streams: `Named.validate`).
 */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'a name must not be empty'
  if (name === '.' || name === '..') return `the name '${name}' is not allowed`
  if (name.length > MAX_NAME_LENGTH) {
    return `the name '${name}' is longer than ${MAX_NAME_LENGTH} characters`
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `the name '${name}' has a character other than letters, digits, '.', '_' and '-'`
  }
  return undefined
}
