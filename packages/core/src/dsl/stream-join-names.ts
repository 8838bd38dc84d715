import type { Plan } from '../topology/plan.ts'

export type JoinKind = 'inner' | 'left' | 'outer'

interface SideNames {
  readonly windowed: string
  readonly join: string
  readonly store: string
}

/** Names of the operators and stores of a join of two streams. */
export interface JoinNames {
  readonly left: SideNames
  readonly right: SideNames
  readonly merge: string
  /** Of the store of a left or outer join that both sides share. */
  readonly sharedStore: string
}

const WINDOWED = 'KSTREAM-WINDOWED-'
const OUTER_SHARED = 'KSTREAM-OUTERSHARED-'

/** Kafka Streams' names; the numbers are used up in its order, named or not (`KStreamImplJoin`). */
export function joinNames(
  plan: Plan,
  kind: JoinKind,
  {
    name,
    store,
  }: {
    readonly name?: string | undefined
    readonly store?: string | { readonly this: string; readonly other: string } | undefined
  },
): JoinNames {
  const thisSuffix = kind === 'outer' ? '-outer-this-join' : '-this-join'
  const otherSuffix = kind === 'inner' ? '-other-join' : '-outer-other-join'
  const named = (suffix: string, prefix: string): string =>
    plan.nameOr(name === undefined ? undefined : name + suffix, prefix)
  const leftWindowed = named('-this-windowed', WINDOWED)
  const rightWindowed = named('-other-windowed', WINDOWED)
  const leftJoin = plan.newName(kind === 'outer' ? 'KSTREAM-OUTERTHIS-' : 'KSTREAM-JOINTHIS-')
  const rightJoin = plan.newName(kind === 'inner' ? 'KSTREAM-JOINOTHER-' : 'KSTREAM-OUTEROTHER-')
  const merge = named('-merge', 'KSTREAM-MERGE-')

  const sharedSuffix = kind === 'outer' ? '-outer-shared-join' : '-left-shared-join'
  const stores =
    typeof store === 'object'
      ? { left: store.this, right: store.other, shared: store.this + sharedSuffix }
      : store === undefined
        ? {
            left: `${leftJoin}-store`,
            right: `${rightJoin}-store`,
            shared: plan.newNameLike(leftJoin, OUTER_SHARED),
          }
        : {
            left: `${store}${thisSuffix}-store`,
            right: `${store}${otherSuffix}-store`,
            shared: store + sharedSuffix,
          }
  return {
    left: {
      windowed: leftWindowed,
      join: name === undefined ? leftJoin : name + thisSuffix,
      store: stores.left,
    },
    right: {
      windowed: rightWindowed,
      join: name === undefined ? rightJoin : name + otherSuffix,
      store: stores.right,
    },
    merge,
    sharedStore: `${stores.shared}-store`,
  }
}
