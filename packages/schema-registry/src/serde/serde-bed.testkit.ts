import { type Serde, whenReady } from '@millrace/core'
import { SchemaRegistry } from '../registry/schema-registry.ts'
import { MockSchemaRegistry } from '../testing/mock-schema-registry.ts'

/** A registry in memory, and what a serde of it does once it has what it needs. */
export class SerdeBed {
  readonly mock: MockSchemaRegistry = new MockSchemaRegistry()
  readonly registry: SchemaRegistry = new SchemaRegistry(this.mock)

  /** The same registry as seen by another process, which knows nothing of it yet. */
  another(): SchemaRegistry {
    return new SchemaRegistry(this.mock)
  }

  write<T>(serde: Serde<T>, value: T, topic = 'orders'): Promise<Uint8Array> {
    return whenReady(() => serde.serialize(value, topic))
  }

  read<T>(serde: Serde<T>, bytes: Uint8Array, topic = 'orders'): Promise<T> {
    return whenReady(() => serde.deserialize(bytes, topic))
  }

  async roundTrip<T>(serde: Serde<T>, value: T, topic = 'orders'): Promise<T> {
    return this.read(serde, await this.write(serde, value, topic), topic)
  }
}
