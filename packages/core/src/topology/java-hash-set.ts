/*
 * The order in which java.util.HashSet<String> gives its elements. `describe()` prints some names in
 * that order, and its text is compared with Kafka Streams' byte for byte.
 */

/** Capacity of a new HashSet. */
const DEFAULT_CAPACITY = 16
/** A table grows when it is fuller than this. */
const LOAD_FACTOR = 0.75

/** `new HashSet<>()` with `add` for each. */
export function grownHashSetOrder(items: readonly string[]): readonly string[] {
  const unique = [...new Set(items)]
  let capacity = DEFAULT_CAPACITY
  while (unique.length > capacity * LOAD_FACTOR) capacity *= 2
  return byBucket(unique, capacity)
}

/** `new HashSet<>(collection)`, whose capacity is chosen by the collection's size. */
export function copiedHashSetOrder(items: readonly string[]): readonly string[] {
  const wanted = Math.max(Math.trunc(items.length / LOAD_FACTOR) + 1, DEFAULT_CAPACITY)
  let capacity = 1
  while (capacity < wanted) capacity *= 2
  return byBucket([...new Set(items)], capacity)
}

/** Within a bucket, elements keep the order of insertion; growing keeps it too. */
function byBucket(items: readonly string[], capacity: number): readonly string[] {
  const bucket = (item: string): number => {
    const hash = hashCode(item)
    return (hash ^ (hash >>> 16)) & (capacity - 1)
  }
  return [...items].sort((a, b) => bucket(a) - bucket(b))
}

function hashCode(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}
