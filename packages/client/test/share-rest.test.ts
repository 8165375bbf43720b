import { until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../src/index.js'
import { contract } from './contract.js'
import { startServer } from './harness.js'
import { fakeLocks } from './locks.js'

it('stops taking part without subscriptions, unless it leads', async () => {
  const locks = fakeLocks()
  const tabs = () => locks.names().filter((name) => name.includes(' tab ')).length
  const { url, tidings } = await startServer()
  const open = () => {
    const client = createClient(contract, { url, share: true, lingerMs: 0 })
    onTestFinished(() => client.close())
    const received: number[] = []
    const follow = () => client.ticks().on('tick', (n) => received.push(n))
    const status = () => client.connection.state.status
    return { client, received, follow, status, stop: follow() }
  }
  const holder = open()
  await until(() => holder.status() === 'open', 'the first tab had the connection')
  const other = open()
  await until(() => other.status() === 'open', 'the other was open')
  expect(tabs()).toBe(2)
  other.stop()
  await until(() => tabs() === 1, 'it had left')
  expect(other.status()).toBe('idle')
  other.follow()
  await until(() => other.status() === 'open', 'it was there again')
  holder.stop()
  await tidings.emit.ticks().tick(1)
  await until(() => other.received.length === 1, 'the holder relays what it does not need')
  expect(tabs()).toBe(2)
  expect(tidings.stats()).toMatchObject({ connections: 1, subscriptions: 1 })
  expect(holder.received).toEqual([])
})
