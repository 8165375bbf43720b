import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { run } from '../run-cli.js'
import { startChat } from './chat.js'

const input = { roomId: 'lobby', author: 'ada', text: 'hi' }
const words = Object.entries(input).map(([name, value]) => `${name}=${value}`)
const output = '{"author":"ada","text":"hi","sentAt":"1970-01-01T00:00:00.000Z"}\n'

it('calls a command with an input as arguments, JSON, a file and stdin', async () => {
  const { url, sent } = await startChat()
  const directory = await mkdtemp(join(tmpdir(), 'tidings-call-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, 'input.json'), JSON.stringify(input))
  const ok = { code: 0, stdout: output, stderr: '' }
  expect(await run(['call', url, 'chat/send', ...words])).toEqual(ok)
  expect(await run(['call', url, 'chat.send', JSON.stringify(input), '--json'])).toEqual(ok)
  expect(await run(['call', url, 'chat/send', '@input.json'], { cwd: directory })).toEqual(ok)
  expect(await run(['call', url, 'chat/send', '-'], { stdin: JSON.stringify(input) })).toEqual(ok)
  expect(sent()).toBe(4)
})

it('prints an output in lines and colours on a terminal, and says that a command without output succeeded', async () => {
  const { url } = await startChat()
  const options = { isTerminal: true, env: { TERM: 'xterm' } }
  const coloured = await run(['call', url, 'chat/send', ...words], options)
  expect(coloured.stdout).toContain('  \u001b[36m"author"\u001b[39m: \u001b[32m"ada"\u001b[39m,\n')
  const plain = await run(['call', url, 'chat/send', ...words, '--no-color'], options)
  expect(plain.stdout).toBe(`${JSON.stringify(JSON.parse(output), null, 2)}\n`)
  const nothing = await run(['call', url, 'ping', '--no-color'], options)
  expect(nothing).toEqual({ code: 0, stdout: '', stderr: 'ping succeeded\n' })
})

it('runs a command once for calls with the same idempotency key', async () => {
  const { url, sent } = await startChat()
  for (const _ of [1, 2]) {
    const { stdout } = await run(['call', url, 'chat/send', ...words, '--idempotency-key', 'order-17'])
    expect(stdout).toBe(output)
  }
  expect(sent()).toBe(1)
})

it('prints a typed error with its data, and ends with exit code 1', async () => {
  const { url } = await startChat()
  const spam = ['call', url, 'chat/send', 'roomId=lobby', 'author=ada', 'text=spam']
  expect(await run(spam)).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": "error: chat/send failed with muted: You are muted
      data: {"until":"1970-01-01T00:00:00.000Z"}
    ",
      "stdout": "",
    }
  `)
  expect(await run([...spam, '--json'])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": "{"code":"muted","message":"You are muted","data":{"until":"1970-01-01T00:00:00.000Z"}}
    ",
      "stdout": "",
    }
  `)
})

it('prints the issues of an input that the server refuses', async () => {
  const { url } = await startChat()
  const looser = join(await mkdtemp(join(tmpdir(), 'tidings-call-')), 'looser.json')
  onTestFinished(() => rm(join(looser, '..'), { recursive: true }))
  const wire = { type: 'object', properties: { roomId: { type: 'string' }, author: { type: 'string' } } }
  const document = {
    tidings: 1,
    hash: '',
    procedures: { 'chat/send': { kind: 'command', input: { wire }, errors: {} } },
  }
  await writeFile(looser, JSON.stringify(document))
  expect(
    await run(['call', url, 'chat/send', 'roomId=lobby', 'author=', '--contract', looser]),
  ).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": "error: chat/send failed with invalid_input: the input of chat/send did not fit the schema: at author: Too small: expected string to have >=1 characters (and 1 more)
      at author: Too small: expected string to have >=1 characters
      at text: Invalid input: expected string, received undefined
    ",
      "stdout": "",
    }
  `)
})

it('explains mistakes, before it sends anything', async () => {
  const { url, sent } = await startChat()
  const mistake = async (...given: string[]) => {
    const { code, stderr } = await run(['call', url, ...given])
    expect(code).toBe(2)
    return stderr.replaceAll(url, '<url>')
  }
  expect(await mistake('chat/sent', ...words)).toMatchInlineSnapshot(`
    "error: The contract has no command "chat/sent". Did you mean chat/send?
    There are: chat/send, ping
    "
  `)
  expect(await mistake('chat/send', 'roomId=lobby', 'author=', 'text=hi')).toMatchInlineSnapshot(`
    "error: The input of chat/send did not fit the schema: at author: Too small: expected string to have >=1 characters
    "
  `)
  expect(await mistake('chat/send', 'roomId=lobby', 'autor=ada')).toMatchInlineSnapshot(`
    "error: The input of "chat/send" has no key "autor". Did you mean author?
    Its keys are: roomId, author, text
    "
  `)
  expect(await mistake('chat/send', '{"roomId":')).toMatchInlineSnapshot(`
    "error: The input of "chat/send" is not JSON: Unexpected end of JSON input
    Try: tidings call --help
    "
  `)
  expect(await mistake('chat/send', ...words, '--idempotency-key', 'my key')).toMatchInlineSnapshot(`
    "error: --idempotency-key is not a key: "my key". Use 1 to 255 letters, digits and punctuation
    Try: tidings call --help
    "
  `)
  expect(sent()).toBe(0)
})
