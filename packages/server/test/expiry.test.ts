import type { ControlOperation } from '@tidings/core/wire'
import { until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { createServer } from '../src/index.js'
import { contract } from './contract.js'
import { mount, openShared } from './harness.js'

interface Credentials {
  /** Whether they admit to the staff's room. */
  readonly isStaff: boolean
  readonly expiresAt?: number | undefined
}

/** A server whose callers are all one user, with credentials that differ. */
async function start(authorized: (roomId: string, context: Credentials) => boolean | Promise<boolean>) {
  const tidings = createServer(
    contract,
    {
      context: ({ headers }) => JSON.parse(headers.get('x-credentials') ?? '{}') as Credentials,
      principal: () => 'ada',
    },
    {
      room: {
        snapshot: () => ({ messages: [] }),
        authorize: ({ params, context }) => authorized(params.roomId, context),
      },
      send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, url: await mount(expressHandler(tidings)) }
}

async function connect(url: string, credentials: Credentials) {
  const headersOf = (given: Credentials) => ({ 'x-credentials': JSON.stringify(given) })
  const { stream, control } = await openShared(url, headersOf(credentials))
  return {
    stream,
    control: async (operations: ControlOperation[], as: Credentials) =>
      (await control(operations, headersOf(as))).results,
    count: (name: string) => stream.events.filter(({ event }) => event === name).length,
    last: () => JSON.parse(stream.events.at(-1)?.data ?? 'null'),
  }
}

const soon = (ms: number) => Date.now() + ms
const staffRoom: ControlOperation = { subscribe: 'room?roomId=staff' }
const ticks: ControlOperation = { subscribe: 'ticks' }
const onlyStaff = (roomId: string, { isStaff }: Credentials) => roomId !== 'staff' || isStaff

const weak: Credentials = { isStaff: false }

it('a request with weaker credentials does not extend a topic that it did not authorise', async () => {
  const { tidings, url } = await start(onlyStaff)
  const staff = { isStaff: true, expiresAt: soon(4_000) }
  const { control, count, stream, last } = await connect(url, staff)
  await control([staffRoom], staff)
  await control([], weak)
  await control([ticks], weak)
  await until(() => count('$reauthorize') === 1, 'authentication was requested')
  await control([], weak)
  await until(() => count('$error') === 1, 'the room was refused')
  expect(last()).toMatchObject({ code: 'forbidden', topic: 'room?roomId=staff' })
  await until(() => Date.now() > staff.expiresAt + 100, 'the first credentials had expired')
  await tidings.emit.room({ roomId: 'staff' }).typing('secret')
  await tidings.emit.ticks().tick(1)
  await until(() => count('tick') === 1, 'the other topic went on')
  expect([count('typing'), stream.isOver()]).toEqual([0, false])
})

it('a connection ends when its credentials expire and no challenge was met', async () => {
  const { url } = await start(onlyStaff)
  const staff = { isStaff: true, expiresAt: soon(2_000) }
  const { control, stream, last } = await connect(url, staff)
  await control([staffRoom], staff)
  await control([], weak)
  await control([ticks], weak)
  await until(stream.isOver, 'it ended')
  expect(last()).toMatchObject({ code: 'unauthorized' })
})

it('a subscription lasts no longer than the credentials that it was authorised with', async () => {
  const { url } = await start(onlyStaff)
  const { control, count, stream, last } = await connect(url, weak)
  expect(await control([staffRoom], { isStaff: true, expiresAt: soon(400) })).toMatchObject([
    { status: 'accepted' },
  ])
  await until(() => count('$reauthorize') === 1, 'authentication was requested')
  await until(stream.isOver, 'it ended')
  expect(last()).toMatchObject({ code: 'unauthorized' })
})

it('a refused subscription does not shorten the expiry', async () => {
  const { tidings, url } = await start(onlyStaff)
  const { control, count, stream } = await connect(url, { isStaff: true })
  await control([ticks], { isStaff: true })
  const expiresAt = soon(300)
  expect(await control([staffRoom], { isStaff: false, expiresAt })).toMatchObject([{ status: 'refused' }])
  await control([], { isStaff: false, expiresAt })
  await until(() => Date.now() > expiresAt + 100, 'those credentials had expired')
  await tidings.emit.ticks().tick(1)
  await until(() => count('tick') === 1, 'it went on')
  expect([count('$reauthorize'), stream.isOver()]).toEqual([0, false])
})

it('the expiry does not move before every topic is authorised again', async () => {
  let isHung = false
  let release = (_: boolean) => {}
  onTestFinished(() => release(true))
  const { url } = await start(() => {
    if (!isHung) return true
    return new Promise((resolve) => {
      release = resolve
    })
  })
  const staff = { isStaff: true, expiresAt: soon(600) }
  const { control, count, stream, last } = await connect(url, staff)
  await control([staffRoom], staff)
  await until(() => count('$reauthorize') === 1, 'authentication was requested')
  isHung = true
  await control([], { isStaff: true })
  await until(stream.isOver, 'it ended')
  expect(last()).toMatchObject({ code: 'unauthorized' })
})

it('only the first request after a challenge extends the expiry', async () => {
  const { tidings, url } = await start(onlyStaff)
  const { control, count, stream } = await connect(url, { isStaff: true })
  await control([staffRoom], { isStaff: true })
  tidings.reauthorize(() => true)
  await until(() => count('$reauthorize') === 1, 'authentication was requested')
  await control([], { isStaff: true, expiresAt: soon(500) })
  await control([], weak)
  await until(() => count('$reauthorize') === 2, 'authentication was requested again')
  await until(stream.isOver, 'it ended')
})

it('credentials that last longer extend the expiry', async () => {
  const { tidings, url } = await start(onlyStaff)
  const first = { isStaff: true, expiresAt: soon(2_000) }
  const { control, count, stream } = await connect(url, first)
  await control([staffRoom], first)
  await until(() => count('$reauthorize') === 1, 'authentication was requested')
  await control([], { isStaff: true })
  await until(() => Date.now() > first.expiresAt + 100, 'the first credentials had expired')
  await tidings.emit.room({ roomId: 'staff' }).typing('ada')
  await until(() => count('typing') === 1, 'it went on')
  expect([count('$reauthorize'), stream.isOver()]).toEqual([1, false])
})
