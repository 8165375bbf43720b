import { until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import { begin, run } from '../run-cli.js'
import { recordsOf, startChat, untimed } from './chat.js'

const idOf = (stderr: string) => /Run ([0-9a-f]{32})\./.exec(stderr)?.[1] ?? ''

it('prints the events of a run, then its output', async () => {
  const { url } = await startChat()
  const { code, stdout, stderr } = await run(['run', url, 'complete', 'prompt=to be'])
  expect({
    code,
    stdout: untimed(stdout),
    stderr: stderr.replace(idOf(stderr), '<id>'),
  }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": "Run <id>. Ctrl+C leaves it
    ",
      "stdout": "<time> token "to"
    <time> token "be"
    {"tokens":2}
    ",
    }
  `)
  const json = await run(['run', url, 'complete', '{"prompt":"to be"}', '--json'])
  const at = expect.any(String) as string
  expect(recordsOf(json)).toEqual([
    { type: 'event', at, event: 'token', data: 'to' },
    { type: 'event', at, event: 'token', data: 'be' },
    { type: 'output', at, data: { tokens: 2 } },
  ])
})

it('leaves a run when it is interrupted, and attaches to it again from its beginning', async () => {
  const chat = await startChat()
  const first = begin(['run', chat.url, 'complete', 'prompt=please wait'])
  onTestFinished(() => first.interrupt())
  await until(
    () => first.stdout.includes('"wait"'),
    () => first.stderr,
  )
  first.interrupt()
  const { code, stderr } = await first.ended
  const id = idOf(stderr)
  expect({ code, stderr: stderr.replaceAll(id, '<id>').replace(chat.url, '<url>') }).toMatchInlineSnapshot(`
    {
      "code": 130,
      "stderr": "Run <id>. Ctrl+C leaves it
    Left the run, which goes on for as long as its server keeps it without readers. Attach again with:
      tidings run <url> complete --id <id>
    ",
    }
  `)
  const second = begin(['run', chat.url, 'complete', '--id', id, '--json'])
  onTestFinished(() => second.interrupt())
  await until(
    () => recordsOf(second).length === 2,
    () => second.stderr,
  )
  expect(chat.aborted).toEqual([])
  chat.finish()
  const ended = await second.ended
  expect(ended.code).toBe(0)
  expect(recordsOf(ended).map(({ data }) => data)).toEqual(['please', 'wait', { tokens: 2 }])
})

it('continues over a cut connection, and reads every event once', async () => {
  const chat = await startChat()
  const running = begin(['run', chat.url, 'complete', 'prompt=a b wait', '--json'])
  onTestFinished(() => running.interrupt())
  await until(
    () => recordsOf(running).length === 3,
    () => running.stderr,
  )
  chat.host.cut()
  await until(
    () => running.stderr.includes('Reconnected'),
    () => running.stderr,
  )
  chat.finish()
  const ended = await running.ended
  expect(recordsOf(ended).map(({ data }) => data)).toEqual(['a', 'b', 'wait', { tokens: 3 }])
})

it('cancels a run: with --cancel, and with --cancel-on-interrupt', async () => {
  const chat = await startChat()
  const first = begin(['run', chat.url, 'complete', 'prompt=wait one'])
  onTestFinished(() => first.interrupt())
  await until(
    () => first.stdout.includes('"one"'),
    () => first.stderr,
  )
  const id = idOf(first.stderr)
  expect(await run(['run', chat.url, 'complete', '--id', id, '--cancel'])).toEqual({
    code: 0,
    stdout: '',
    stderr: `Cancelled the run ${id}\n`,
  })
  const { code, stderr } = await first.ended
  expect({ code, stderr: stderr.replaceAll(id, '<id>') }).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": "Run <id>. Ctrl+C leaves it
    error: complete failed with cancelled: The run was cancelled
    ",
    }
  `)
  const second = begin(['run', chat.url, 'complete', 'prompt=wait two', '--cancel-on-interrupt'])
  onTestFinished(() => second.interrupt())
  await until(
    () => second.stdout.includes('"two"'),
    () => second.stderr,
  )
  second.interrupt()
  const ended = await second.ended
  expect(ended.code).toBe(130)
  expect(ended.stderr).toContain('Cancelled the run')
  expect(chat.aborted).toEqual(['wait one', 'wait two'])
})

it('prints a typed error, and ends with exit code 1', async () => {
  const { url } = await startChat()
  const { code, stdout, stderr } = await run(['run', url, 'complete', 'prompt=a bomb'])
  expect({
    code,
    stdout: untimed(stdout),
    stderr: stderr.replace(idOf(stderr), '<id>'),
  }).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": "Run <id>. Ctrl+C leaves it
    error: complete failed with refused: Refused: refused
      data: {"word":"bomb"}
    ",
      "stdout": "<time> token "a"
    ",
    }
  `)
  const json = await run(['run', url, 'complete', 'prompt=a bomb', '--json'])
  expect(json.code).toBe(1)
  expect(recordsOf(json).at(-1)).toMatchObject({ type: 'error', code: 'refused', data: { word: 'bomb' } })
})

it('explains mistakes', async () => {
  const { url } = await startChat()
  const mistake = async (...given: string[]) => {
    const { code, stderr } = await run(['run', url, ...given])
    expect(code).toBe(2)
    return stderr.replaceAll(url, '<url>')
  }
  expect(await mistake('complet', 'prompt=a')).toMatchInlineSnapshot(`
    "error: The contract has no stream "complet". Did you mean complete?
    There are: complete
    "
  `)
  expect(await mistake('complete', 'prompt=')).toMatchInlineSnapshot(`
    "error: The input of complete did not fit the schema: at prompt: Too small: expected string to have >=1 characters
    "
  `)
  expect(await mistake('complete', '--cancel')).toMatchInlineSnapshot(`
    "error: --cancel needs the run to cancel: --id <id>
    Try: tidings run --help
    "
  `)
  expect(await mistake('complete', 'prompt=a', '--id', 'x')).toMatchInlineSnapshot(`
    "error: A run that was started takes no input: leave out "prompt=a", or --id
    Try: tidings run --help
    "
  `)
  expect(await mistake('complete', '--id', 'x')).toMatchInlineSnapshot(`
    "error: The id of a run is "x". Give the id of a run that was started
    "
  `)
  // The stream has the name of a command, whose options are others.
  expect(await mistake('call', '--id', '-x')).toContain('The contract has no stream "call"')
})
