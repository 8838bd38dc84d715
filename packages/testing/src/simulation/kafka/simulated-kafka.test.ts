import { testKafkaPort } from '../../contract/kafka-port.ts'
import { chooseSeed, repeatCommand } from '../../contract/seeded-random.ts'
import { VirtualScheduler } from '../time/virtual-scheduler.ts'
import { SeededFaults } from './kafka-faults.ts'
import { SimulatedKafka } from './simulated-kafka.ts'

const seed = chooseSeed()

testKafkaPort(`simulation (${repeatCommand(seed)})`, () => {
  const scheduler = new VirtualScheduler({ seed })
  const faults = new SeededFaults({ seed })
  const process = scheduler.createProcess('test')
  const unreachable = new SimulatedKafka({ scheduler, brokers: 1 })
  unreachable.network.takeDown(0, Infinity)
  return Promise.resolve({
    kafka: new SimulatedKafka({ scheduler, faults }).connect(process),
    unreachable: unreachable.connect(process),
    time: scheduler,
  })
})
