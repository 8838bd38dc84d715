import { join } from 'node:path'

export interface BrokerPorts {
  /** The one that applications connect to. */
  readonly client: number
  readonly internal: number
  readonly controller: number
}

export type Properties = Readonly<Record<string, string>>

const HOST = '127.0.0.1'

/**
 * The settings of a broker that is a whole cluster by itself. The listener for clients has its own
 * name, so that a test can put SASL on it and the broker still talks to itself in plain text.
 */
export function serverProperties(dataDir: string, ports: BrokerPorts, own: Properties): Properties {
  const listeners = (['client', 'internal', 'controller'] as const).map(
    (name) => `${name.toUpperCase()}://${HOST}:${String(ports[name])}`,
  )
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${HOST}:${String(ports.controller)}`,
    listeners: listeners.join(','),
    'advertised.listeners': listeners.slice(0, 2).join(','),
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'INTERNAL',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(dataDir, 'logs'),
    'auto.create.topics.enable': 'false',
    'default.replication.factor': '1',
    'min.insync.replicas': '1',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    // Otherwise the first member of each group waits three seconds for others.
    'group.initial.rebalance.delay.ms': '0',
    // A broker that was killed is let in again only when its last session is over (9 s by default).
    'broker.session.timeout.ms': '4000',
    'broker.heartbeat.interval.ms': '500',
    ...own,
  }
}

export function printProperties(properties: Properties): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** Log4j 2 in its properties form: warnings and worse, to one file. */
export function loggingProperties(logFile: string): string {
  return printProperties({
    'appender.file.type': 'File',
    'appender.file.name': 'file',
    'appender.file.fileName': logFile,
    'appender.file.layout.type': 'PatternLayout',
    'appender.file.layout.pattern': '[%d] %p %m (%c)%n%throwable',
    'rootLogger.level': 'warn',
    'rootLogger.appenderRef.file.ref': 'file',
  })
}
