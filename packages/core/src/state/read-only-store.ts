import type { StateStore } from './state-store.ts'

/** What changes a store, of any kind. */
const WRITES: ReadonlySet<string> = new Set([
  'put',
  'putIfAbsent',
  'delete',
  'remove',
  'putHeld',
  'onFlush',
  'flush',
])

/** The same store without its writes, which throw: what processors get of a global store. */
export function readOnlyStore(store: StateStore): StateStore {
  const view: StateStore = { name: store.name }
  for (const [key, descriptor] of membersOf(store)) {
    if (key === 'constructor' || Object.hasOwn(view, key)) continue
    Object.defineProperty(view, key, readOnly(store, key, descriptor))
  }
  return Object.freeze(view)
}

/** Own members first, then those of its classes. */
function* membersOf(
  store: StateStore,
): Generator<readonly [key: string, descriptor: PropertyDescriptor], undefined> {
  let from: unknown = store
  while (typeof from === 'object' && from !== null && from !== Object.prototype) {
    yield* Object.entries(Object.getOwnPropertyDescriptors(from))
    from = Object.getPrototypeOf(from)
  }
}

function readOnly(
  store: StateStore,
  key: string,
  { value }: PropertyDescriptor,
): PropertyDescriptor {
  const member: unknown = value
  if (typeof member !== 'function') return { get: () => Reflect.get(store, key) as unknown }
  if (!WRITES.has(key)) return { value: member.bind(store) as unknown }
  return {
    value: () => {
      throw new TypeError(`the global store ${store.name} is written by its own processor only`)
    },
  }
}
