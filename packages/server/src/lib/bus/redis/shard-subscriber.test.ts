import { EventEmitter } from 'node:events'
import { until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import { ShardSubscriber, type SubscriberConnection } from './shard-subscriber.js'

class FakeConnection extends EventEmitter implements SubscriberConnection {
  readonly isReady = true
  async connect(): Promise<void> {}
  destroy(): void {}
  async sSubscribe(): Promise<void> {}
  async sUnsubscribe(): Promise<void> {}
}

it('subscribes to many channels again without a warning when their master fails', async () => {
  const warnings: string[] = []
  const onWarning = ({ message }: Error) => warnings.push(message)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))

  const connections: FakeConnection[] = []
  let refusals = 0
  const topology = {
    addressOf: async () => 'master:6379',
    clientFor: async () => {
      if (connections.length > 0 && refusals < 20) throw new Error('connection refused')
      const connection = new FakeConnection()
      connections.push(connection)
      return connection
    },
    stateOf: async () => 'master',
  }
  let isRestored = false
  const subscriber = new ShardSubscriber(topology, {
    // Each channel reports that its first attempt failed.
    onFailed: ({ message }: Error) => {
      if (message === 'connection refused') refusals += 1
    },
    onRestored: () => {
      isRestored = true
    },
  })
  onTestFinished(() => subscriber.close())
  await Promise.all(Array.from({ length: 20 }, (_, n) => subscriber.subscribe(`topic ${n}`, () => {})))
  connections[0]?.emit('error', new Error('unexpected reply'))
  await until(() => isRestored, 'a channel was subscribed again')
  expect(refusals).toBeGreaterThanOrEqual(20)
  expect(warnings).toEqual([])
})
