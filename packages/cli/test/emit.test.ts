import { createClient } from '@tidings/client'
import { describe as describeContract } from '@tidings/core/describe'
import { createServer } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { redisBus } from '@tidings/server/redis'
import { freePort, listen, until } from '@tidings/test-kit'
import { hasRedis, startRedis } from '@tidings/test-kit/redis'
import { expect, it, onTestFinished } from 'vitest'
import { contract } from './chat-server.js'
import { bundleCore } from './core-bundle.js'
import { directoryWith } from './directory.js'
import { run } from './run-cli.js'

bundleCore()

const module = ['--contract', 'test/contracts/chat.ts']

/** Starts a Redis, a server on it, and a client that is subscribed to a room. */
async function startRoom() {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const room = { snapshot: () => ({ messages: [] }) }
  const tidings = createServer(contract, { bus: redisBus({ url: redis.url }), describe: true }, {
    chat: { room, send: () => Promise.reject(new Error()) },
    complete: () => Promise.reject(new Error()),
  } as never)
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const { origin } = await listen(nodeHandler(tidings))
  const client = createClient(contract, { url: `${origin}/events` })
  onTestFinished(() => client.close())
  const received: unknown[] = []
  const subscription = client.chat.room({ roomId: 'lobby' }).subscribe({
    message: (data) => received.push(data),
    typing: (data) => received.push(data),
    cleared: () => received.push('cleared'),
  })
  await subscription.ready
  return { redis: ['--redis', redis.url], url: `${origin}/events`, received }
}

it.runIf(hasRedis)('emits through the bus of the servers, encoded as a server does', async () => {
  const { redis, url, received } = await startRoom()
  const message = ['emit', 'chat/room', 'roomId=lobby', 'message', 'author=ada', 'text=hi']
  const first = await run([...message, 'sentAt=2026-01-01T00:00:00.000Z', ...redis, ...module, '--json'])
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(first.stdout)).toEqual({
    channel: 'chat/room',
    event: 'message',
    cursor: expect.stringMatching(/^.+\.1$/) as string,
  })
  const typing = ['emit', 'chat.room', 'roomId=lobby', 'typing', '-', ...redis, '--contract', url]
  expect(await run(typing, { stdin: '{"author":"bob"}' })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Emitted chat\/room\.typing at .+\.2\n$/) as string,
  })
  expect(await run(['emit', 'chat/room', 'roomId=lobby', 'cleared', ...redis, ...module])).toMatchObject({
    code: 0,
  })
  await until(() => received.length === 3, 'the events arrived')
  expect(received).toEqual([
    { author: 'ada', text: 'hi', sentAt: new Date('2026-01-01T00:00:00.000Z') },
    { author: 'bob' },
    'cleared',
  ])
})

it('refuses what does not fit the contract, and says if Redis is not there', async () => {
  const cwd = await directoryWith({ 'contract.json': JSON.stringify(describeContract(contract)) })
  const port = await freePort()
  const emit = (...words: string[]) =>
    run(
      [
        'emit',
        ...words,
        '--redis',
        `redis://user:secret@127.0.0.1:${port}`,
        '--contract',
        'contract.json',
        '--timeout',
        '300ms',
      ],
      { cwd },
    )
  expect(await emit('chat/room', 'roomId=lobby', 'typing', 'author=ada')).toEqual({
    code: 3,
    stdout: '',
    stderr: `error: Cannot reach the Redis at 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}\n`,
  })
  expect(await emit('chat/room', 'typing', 'author=ada')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      'The params of chat/room did not fit the schema: roomId is missing, expected string',
    ) as string,
  })
  expect(await emit('chat/room', 'roomId=lobby', 'message', 'author=')).toMatchObject({ code: 2 })
  expect(await emit('complete', 'token', 'a')).toMatchObject({
    code: 2,
    stderr: 'error: "complete" is a stream, not a channel\nUse: tidings run <url> complete\n',
  })
})
