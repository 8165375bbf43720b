import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { channel, defineContract } from '@tidings/core'
import { describe as describeContract } from '@tidings/core/describe'
import { until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { begin, type Running, run } from '../run-cli.js'
import { recordsOf, startChat, untimed } from './chat.js'

const message = (text: string) => ({ author: 'ada', text, sentAt: new Date(0) })

/** Begins a tail, and waits until it is live. */
async function tail(url: string, ...words: string[]): Promise<Running> {
  const running = begin(['tail', url, ...words])
  onTestFinished(() => running.interrupt())
  await until(
    () => running.stderr.includes('Live: '),
    () => `the tail is live: ${running.stderr}`,
  )
  return running
}

const ticksOf = (running: Running) =>
  recordsOf(running).flatMap((record) => (record['type'] === 'event' ? [record['data']] : []))

it('prints the snapshot and events of a topic, and ends after a count of events', async () => {
  const chat = await startChat()
  const running = await tail(chat.url, 'room', 'roomId=lobby', '--count', '2')
  const room = chat.emit.room({ roomId: 'lobby' })
  await room.message(message('hi \u001b[31m\u202e'))
  await room.cleared()
  const { code, stdout, stderr } = await running.ended
  expect(untimed(stdout)).toMatchInlineSnapshot(`
    "<time> snapshot {"texts":["before"]}
    <time> message {"author":"ada","text":"hi \\u001b[31m\\u202e","sentAt":"1970-01-01T00:00:00.000Z"}
    <time> cleared
    "
  `)
  expect({ code, stderr }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": "Live: room?roomId=lobby. Ctrl+C ends it
    ",
    }
  `)
})

it('prints JSON with cursors, from which --since continues', async () => {
  const chat = await startChat()
  for (const words of [['ticks'], ['room', 'roomId=lobby']]) {
    const emit = (text: number) =>
      words[0] === 'ticks'
        ? chat.emit.ticks().tick(text)
        : chat.emit.room({ roomId: 'lobby' }).message(message(`${text}`))
    const first = await tail(chat.url, ...words, '--json', '--count', '1')
    for (const number of [1, 2, 3]) await emit(number)
    await first.ended
    const records = recordsOf(first)
    const at = expect.stringMatching(/^\d{4}-.*Z$/) as string
    const cursor = expect.stringMatching(/^[\w-]+\.\d+$/) as string
    const data = words[0] === 'ticks' ? 1 : { ...message('1'), sentAt: '1970-01-01T00:00:00.000Z' }
    expect(records.at(-1)).toEqual({
      type: 'event',
      at,
      cursor,
      event: words[0] === 'ticks' ? 'tick' : 'message',
      data,
    })
    const since = String(records.at(-1)?.['cursor'])
    const second = await run(['tail', chat.url, ...words, '--json', '--count', '2', '--since', since])
    const seqs = recordsOf(second).map((record) => String(record['cursor']).split('.')[1])
    expect({ code: second.code, seqs }).toEqual({ code: 0, seqs: ['2', '3'] })
  }
})

it('takes a cursor that begins with a dash', async () => {
  const { url } = await startChat()
  const running = await tail(url, 'ticks', '--since', '-5f0c.42', '--token', '-t', '--json')
  await until(() => recordsOf(running).length > 0, 'a record is printed')
  running.interrupt()
  await running.ended
  expect(recordsOf(running)).toMatchObject([{ type: 'gap', reason: 'history_lost' }])
  expect(await run(['tail', url, 'ticks', '--since', '--json'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--since needs a value'),
  })
})

it('continues over cut connections without a lost or repeated event, and says so', async () => {
  const chat = await startChat()
  const running = await tail(chat.url, 'ticks', '--json')
  const ticks = chat.emit.ticks()
  let next = 0
  for (let cut = 1; cut <= 3; cut += 1) {
    for (let count = 0; count < 10; count += 1) await ticks.tick(next++)
    chat.host.cut()
    for (let count = 0; count < 10; count += 1) await ticks.tick(next++)
    await until(
      () => ticksOf(running).length === next,
      () => `${next} ticks: ${running.stdout} ${running.stderr}`,
    )
    await until(
      () => running.stderr.split('nothing was missed').length === cut + 1,
      () => running.stderr,
    )
  }
  expect(ticksOf(running)).toEqual(Array.from({ length: next }, (_, index) => index))
  running.interrupt()
  const { code, stderr } = await running.ended
  expect(code).toBe(130)
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/\d+\.\d s/g, '<s>').replace(/[\w-]{6,}\.\d+/g, '<cursor>'))
  expect(lines.filter((line) => line.startsWith('Reconnected')).at(-1)).toMatchInlineSnapshot(
    `"Reconnected after <s>, and resumed after <cursor>: nothing was missed"`,
  )
  expect(lines.at(-2)).toMatchInlineSnapshot(`"Continue after the last event with: --since <cursor>"`)
  expect(lines[1]?.replace(chat.url, '<url>')).toMatchInlineSnapshot(
    `"The connection to <url> failed: terminated: read ECONNRESET. Reconnecting: attempt 1 in <s>"`,
  )
})

it('prints a gap where the server has lost events', async () => {
  const first = await startChat()
  const running = await tail(first.url, 'room', 'roomId=lobby')
  await first.emit.room({ roomId: 'lobby' }).message(message('heard'))
  await until(() => running.stdout.includes('heard'), 'the event is printed')
  await first.host.stop()
  const second = await startChat({ port: first.host.port })
  await until(
    () => running.stdout.includes('gap'),
    () => `the gap is printed: ${running.stdout}${running.stderr}`,
  )
  await until(
    () => running.stdout.split('snapshot').length === 3,
    () => running.stdout,
  )
  await second.emit.room({ roomId: 'lobby' }).cleared()
  await until(
    () => running.stdout.includes('cleared'),
    () => running.stdout,
  )
  running.interrupt()
  const { stdout, stderr } = await running.ended
  expect(untimed(stdout)).toMatchInlineSnapshot(`
    "<time> snapshot {"texts":["before"]}
    <time> message {"author":"ada","text":"heard","sentAt":"1970-01-01T00:00:00.000Z"}
    <time> gap events were missed: the server has lost the topic's history
    <time> snapshot {"texts":["before"]}
    <time> cleared
    "
  `)
  expect(stderr).toContain('What was missed is announced as a gap')
})

it('reports what does not fit the described contract', async () => {
  const chat = await startChat({ describe: false })
  const older = defineContract({
    room: channel({
      params: { roomId: z.string() },
      snapshot: z.object({ texts: z.array(z.number()) }),
      events: { message: z.object({ author: z.number(), text: z.string() }) },
    }),
  })
  const directory = await mkdtemp(join(tmpdir(), 'tidings-tail-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'older.json')
  await writeFile(file, JSON.stringify(describeContract(older)))
  const running = await tail(chat.url, 'room', 'roomId=lobby', '--contract', file, '--count', '2')
  const room = chat.emit.room({ roomId: 'lobby' })
  await room.message(message('hi'))
  await room.cleared()
  expect(untimed((await running.ended).stdout)).toMatchInlineSnapshot(`
    "<time> misfit snapshot {"texts":["before"]}
      at texts.0: Invalid input: expected number, received string
    <time> misfit message {"author":"ada","text":"hi","sentAt":"1970-01-01T00:00:00.000Z"}
      at author: Invalid input: expected number, received string
    <time> misfit cleared null
      The contract does not declare this event
    "
  `)
})

it('prints the events of --event only, and no snapshots with --no-snapshot', async () => {
  const chat = await startChat()
  const running = await tail(
    chat.url,
    'room',
    'roomId=lobby',
    '--event',
    'cleared',
    '--no-snapshot',
    '--count',
    '1',
  )
  const room = chat.emit.room({ roomId: 'lobby' })
  await room.message(message('hi'))
  await room.cleared()
  const { code, stdout } = await running.ended
  expect({ code, stdout: untimed(stdout) }).toEqual({ code: 0, stdout: '<time> cleared\n' })
})

it('ends with exit code 1 when the server refuses the topic', async () => {
  const chat = await startChat()
  expect(await run(['tail', chat.url, 'room', 'roomId=staff'])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": "error: The server refused: You may not subscribe to this topic of "room" (forbidden)
    ",
      "stdout": "",
    }
  `)
})

it('ends with exit code 3 when the server cannot be reached', async () => {
  const chat = await startChat()
  await chat.host.stop()
  const { code, stderr } = await run(['tail', chat.url, 'ticks'])
  expect({ code, stderr: stderr.replace(chat.url, '<url>') }).toMatchInlineSnapshot(`
    {
      "code": 3,
      "stderr": "error: Cannot reach <url>: the connection was refused. Is the server running?
    ",
    }
  `)
})

it('explains mistakes', async () => {
  const { url } = await startChat()
  const mistake = async (...words: string[]) => {
    const { code, stderr } = await run(['tail', url, ...words])
    expect(code).toBe(2)
    return stderr.replaceAll(url, '<url>')
  }
  expect(await mistake('rom', 'roomId=lobby')).toMatchInlineSnapshot(`
    "error: The contract has no channel "rom". Did you mean room?
    There are: room, ticks
    "
  `)
  expect(await mistake('room')).toMatchInlineSnapshot(`
    "error: "room" needs the param roomId
    Write: room roomId=<value>
    "
  `)
  expect(await mistake('room', 'roomId=lobby', '--event', 'mesage')).toMatchInlineSnapshot(`
    "error: "room" has no event "mesage". Did you mean message?
    Its events are: message, cleared
    "
  `)
  expect(await mistake('chat.send')).toMatchInlineSnapshot(`
    "error: "chat/send" is a command, not a channel
    Use: tidings call <url> chat/send
    "
  `)
  expect(await mistake('ticks', '--since', '42')).toMatchInlineSnapshot(`
    "error: --since is not a cursor: "42"
    A cursor is what \`tail --json\` prints with an event, such as 5f0c.42
    "
  `)
  expect(await mistake('ticks', '--count', 'many')).toMatchInlineSnapshot(`
    "error: --count is not a whole number from 1 to 1000000: "many"
    Try: tidings tail --help
    "
  `)
})
