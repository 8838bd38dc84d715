export { CONFLUENT_CLIENT, ensureConfluentClient } from './confluent-client.ts'
export { APICURIO_VERSION } from './apicurio-files.ts'
export {
  type SchemaRegistryServer,
  type SchemaRegistryServerOptions,
  startSchemaRegistry,
} from './schema-registry.ts'
