import { until } from '@tidings/test-kit'
import { expect, it } from 'vitest'
import { requireOpenFiles } from '../../src/lib/bench/open-files.js'
import { begin, run } from '../run-cli.js'
import { startChat } from './chat.js'

interface Result {
  readonly [key: string]: unknown
  readonly commands: { readonly sent: number; readonly succeeded: number }
}

const distribution = {
  p50: expect.any(Number) as number,
  p95: expect.any(Number) as number,
  p99: expect.any(Number) as number,
  max: expect.any(Number) as number,
}

it('measures the deliveries that commands cause, from the call to each subscriber', async () => {
  const { url, sent } = await startChat()
  const input = '{"roomId":"lobby","author":"bench","text":"{id}"}'
  const load = ['--emit-command', 'chat/send', input, '--rate', '100', '--seconds', '0.3']
  const { code, stdout, stderr } = await run([
    'bench',
    url,
    'room',
    'roomId=lobby',
    '--subscribers',
    '6',
    '--connections',
    '3',
    ...load,
    '--json',
  ])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const result = JSON.parse(stdout) as Result
  const commands = sent()
  expect(result).toMatchObject({
    subscribers: 6,
    connections: 3,
    topics: 1,
    live: 6,
    failed: {},
    connectMs: distribution,
    firstMs: distribution,
    deliveries: 6 * commands,
    spreadMs: distribution,
    latencyMs: distribution,
    incomplete: 0,
    gaps: 0,
    reconnects: 0,
    misfits: 0,
    commands: { sent: commands, succeeded: commands, failed: {}, skipped: 0 },
  })
})

it('opens a topic for each subscriber, and reads the time of sending in a payload', async () => {
  const chat = await startChat()
  const running = begin([
    ...[
      'bench',
      chat.url,
      'room',
      'roomId=room-{n}',
      '--subscribers',
      '4',
      '--connections',
      '1',
      '--topics',
      '2',
    ],
    ...['--seconds', '0.5', '--time-field', 'sentAt'],
  ])
  let isOver = false
  void running.ended.finally(() => {
    isOver = true
  })
  await until(async () => {
    if (!isOver)
      await chat.emit.room({ roomId: 'room-2' }).message({ author: 'a', text: 'b', sentAt: new Date() })
    return isOver
  }, 'the bench is over')
  const { code, stdout } = await running.ended
  expect(code).toBe(0)
  expect(stdout).toMatch(/^subscribers +4 of 4 live, on 1 connection, 2 topics$/m)
  expect(stdout).toMatch(/^latency +p50 /m)
  expect(stdout).not.toContain('untimed')
  expect(stdout).not.toContain('incomplete')
})

it('counts refused subscribers, and ends with exit code 1', async () => {
  const { url } = await startChat()
  const { code, stdout } = await run([
    'bench',
    url,
    'room',
    'roomId=staff',
    '--subscribers',
    '3',
    '--seconds',
    '0.1',
  ])
  expect(code).toBe(1)
  expect(stdout.split('\n').slice(0, 2)).toMatchInlineSnapshot(`
    [
      "subscribers          0 of 3 live, on 3 connections, 1 topic",
      "refused              3 forbidden: You may not subscribe to this topic of "room"",
    ]
  `)
})

it('shows its progress on a terminal', async () => {
  const { url } = await startChat()
  const { stderr } = await run(['bench', url, 'ticks', '--subscribers', '2', '--seconds', '0.3'], {
    isTerminal: true,
  })
  expect(stderr).toMatch(/connecting, 1 of 2/)
  expect(stderr).toMatch(/measuring, .* of 0.3/)
})

it('explains mistakes, and a limit on open files', async () => {
  const { url } = await startChat()
  const mistake = async (...given: string[]) => {
    const { code, stderr } = await run(['bench', url, ...given])
    expect(code).toBe(2)
    return stderr.replaceAll(url, '<url>')
  }
  expect(await mistake('ticks', '--subscribers', '0')).toMatchInlineSnapshot(`
    "error: --subscribers is not a whole number from 1 to 1000000: "0"
    Try: tidings bench --help
    "
  `)
  expect(await mistake('room', 'rooomId={n}')).toMatchInlineSnapshot(`
    "error: "room" has no param "rooomId". Did you mean roomId?
    Its params are: roomId
    "
  `)
  expect(await mistake('ticks', '--emit-command', 'chat/send', '{"text":"hi"}')).toMatchInlineSnapshot(`
    "error: The input of "chat/send" has no {id}, by which its events are recognized
    Write it in a text that the event repeats: {"text":"{id}"}
    "
  `)
  expect(await mistake('ticks', '--emit-command', 'chat/send')).toMatchInlineSnapshot(`
    "error: --emit-command needs a value
    Try: tidings bench --help
    "
  `)
  expect(() => requireOpenFiles(5_000, 1_024)).toThrowErrorMatchingInlineSnapshot(
    `[UsageError: 5000 connections need about 5300 open files. The limit of this process is 1024]`,
  )
})
