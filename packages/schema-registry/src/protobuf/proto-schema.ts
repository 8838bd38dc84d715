import { MillraceError } from '@millrace/core'
import protobuf, { type Root, type Type } from 'protobufjs'
import type { ResolvedSchema } from '../registry/schema-registry.ts'

/** The messages of one file, as the wire format numbers them. */
export class ProtoSchema {
  readonly #root: Root
  readonly #declared: DeclaredMessages

  /** @throws MillraceError `MR_SCHEMA_INVALID` */
  constructor({ text, uses }: Pick<ResolvedSchema, 'text' | 'uses'>, keepCase: boolean) {
    try {
      this.#declared = new DeclaredMessages(text)
      this.#root = new protobuf.Root()
      const imports = new Set<string>()
      for (const source of [...uses.map((used) => used.text), text]) {
        for (const name of protobuf.parse(source, this.#root, { keepCase }).imports ?? []) {
          imports.add(name)
        }
      }
      for (const name of imports) addCommon(this.#root, name)
      this.#root.resolveAll()
    } catch (error) {
      if (MillraceError.is(error)) throw error
      throw new MillraceError('MR_SCHEMA_INVALID', 'A Protobuf schema is not valid', {
        cause: error,
        hint: 'Correct the schema; the cause says what is wrong with it.',
      })
    }
  }

  /** @throws RangeError for indexes that no message of the file has */
  messageAt(indexes: readonly number[]): Type {
    return this.#root.lookupType(this.#declared.nameAt(indexes))
  }

  message(name: string | undefined): { readonly type: Type; readonly indexes: readonly number[] } {
    const { fullName, indexes } = this.#declared.find(name)
    return { type: this.#root.lookupType(fullName), indexes }
  }
}

/** The full name of a message of a file: the first one, when no name is given. @throws MillraceError `MR_SCHEMA_INVALID` */
export function messageName(text: string, name: string | undefined): string {
  return new DeclaredMessages(text).find(name).fullName
}

interface DeclaredMessage {
  readonly fullName: string
  readonly indexes: readonly number[]
}

/** Which messages a file declares, in its order. The file alone: other files of the same package have their own. */
class DeclaredMessages {
  readonly #messages: DeclaredMessage[] = []

  constructor(text: string) {
    const { root, package: name } = protobuf.parse(text)
    const scope = name === undefined ? root : root.lookup(name)
    if (scope instanceof protobuf.Namespace) this.#add(scope, [])
  }

  find(name: string | undefined): DeclaredMessage {
    const found = this.#messages.find(
      ({ fullName }) => name === undefined || fullName === name || fullName.endsWith(`.${name}`),
    )
    if (found !== undefined) return found
    const known = this.#messages.map(({ fullName }) => fullName).join(', ')
    throw new MillraceError(
      'MR_SCHEMA_INVALID',
      `The Protobuf schema has no message${name === undefined ? '' : ` ${name}`}`,
      { hint: known === '' ? 'Declare a message.' : `There are: ${known}.` },
    )
  }

  nameAt(indexes: readonly number[]): string {
    const key = indexes.join('.')
    const found = this.#messages.find((one) => one.indexes.join('.') === key)
    if (found === undefined) throw new RangeError(`there is no message with the indexes [${key}]`)
    return found.fullName
  }

  #add(scope: protobuf.NamespaceBase, indexes: readonly number[]): void {
    const messages = scope.nestedArray.filter((one) => one instanceof protobuf.Type)
    for (const [i, message] of messages.entries()) {
      const own = [...indexes, i]
      this.#messages.push({ fullName: message.fullName.slice(1), indexes: own })
      this.#add(message, own)
    }
  }
}

/** Protobuf's own files come with the library. Others have to be references. */
function addCommon(root: Root, name: string): void {
  const common = protobuf.common.get(name)
  if (common?.nested !== undefined) root.addJSON(common.nested)
}
