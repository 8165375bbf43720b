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

it('reports a possible loss after each channel is subscribed again at the master it moved to', async () => {
  const connections = new Map<string, FakeConnection[]>()
  /** Subscribes the late channel at the new master. */
  let subscribeLate: (() => void) | undefined
  let hasMoved = false
  const topology = {
    addressOf: async () => (hasMoved ? 'new:6379' : 'old:6379'),
    clientFor: async (address: string) => {
      const connection = new FakeConnection()
      connections.set(address, [...(connections.get(address) ?? []), connection])
      if (hasMoved)
        connection.sSubscribe = async (channel?: string) => {
          if (channel !== 'late') return
          await new Promise<void>((resolve) => {
            subscribeLate = resolve
          })
        }
      return connection
    },
    stateOf: async (address: string) => address,
  }
  let reports = 0
  const subscriber = new ShardSubscriber(topology, {
    onFailed: () => {},
    onRestored: () => {
      reports += 1
    },
  })
  onTestFinished(() => subscriber.close())
  for (const channel of ['early', 'late']) await subscriber.subscribe(channel, () => {})
  hasMoved = true
  connections.get('old:6379')?.[0]?.emit('sharded-channel-moved')
  await until(() => reports === 1 && subscribeLate !== undefined, 'a loss was reported for the early channel')
  subscribeLate?.()
  await until(() => reports === 2, 'a loss was reported for the late channel')
  expect([...connections].map(([address, { length }]) => [address, length])).toEqual([
    ['old:6379', 1],
    ['new:6379', 1],
  ])
})
