import { ScenarioError } from './fields.ts'

/** Functions by name; those that take the text after the colon, and those that take none. */
export interface NamedFunctions<F> {
  readonly kind: string
  readonly plain: Readonly<Record<string, F>>
  readonly withArgument: Readonly<Record<string, (argument: string) => F>>
}

/** @throws ScenarioError for a name that is not known, or an argument too many or missing */
export function namedFunction<F>(
  { kind, plain, withArgument }: NamedFunctions<F>,
  name: string,
  where: string,
): F {
  const colon = name.indexOf(':')
  if (colon < 0) {
    if (Object.hasOwn(plain, name)) return plain[name] as F // it has it
  } else {
    const head = name.slice(0, colon)
    const make = Object.hasOwn(withArgument, head) ? withArgument[head] : undefined
    if (make !== undefined) return make(name.slice(colon + 1))
  }
  throw new ScenarioError(where, `unknown ${kind} '${name}'`)
}

/** An argument that is a count or a position. */
export function wholeNumber(argument: string): number {
  if (!/^-?[0-9]+$/.test(argument)) throw new TypeError(`'${argument}' is no whole number`)
  return Number(argument)
}
