import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe as describeContract } from '@tidings/core/describe'
import { until } from '@tidings/test-kit'
import ts from 'typescript'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type CurlRequest, curlOf } from '../page/copy/curl.js'
import { literalOf } from '../page/copy/literal.js'
import { typeScriptOf } from '../page/copy/typescript.js'
import { contract } from './copied-contract.js'
import { startInspected } from './inspected-server.js'

const run = promisify(execFile)
const { procedures } = describeContract(contract)

/** A text with everything that a shell, a URL or TypeScript would read as something else. */
const nasty = `it's "\${HOME}" \`id\` $(id) \\ ! & ; | < > # ~ * ? [a] {b,c} %20 é 😀 \u2028\n\ttail \\'`

/** Runs a copied line in a shell, as one pastes it, and returns what the server answers. */
async function pasted(line: string, shell: string): Promise<string> {
  const { stdout } = await run(shell, ['-c', line.replace('curl', 'curl -s --max-time 20')])
  return stdout
}

/** Runs a copied line until the answer contains a text. A topic does not end. */
function pastedUntil(line: string, shell: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const child = execFile(shell, ['-c', `exec ${line.replace('curl', 'curl -s --max-time 20')}`], () =>
      reject(new Error(`curl ended before ${text}: ${answer}`)),
    )
    child.stdout?.on('data', (data: string) => {
      answer += data
      if (!answer.includes(text)) return
      resolve(answer)
      child.kill()
    })
  })
}

describe.each(['sh', 'bash'])('what is copied as curl, pasted into %s', (shell) => {
  it('sends a command with exactly its input, and the headers', async () => {
    const { origin, tidings } = await startInspected()
    const call = { mount: `${origin}/events`, headers: { authorization: `Bearer ${"it's"}` } }
    const input = { roomId: 'lobby', author: 'ada', text: nasty }
    const watched: CurlRequest = { kind: 'channel', key: 'room?roomId=lobby' }
    const topic = pastedUntil(curlOf(call, watched), shell, 'event: message')
    await until(() => tidings.stats().subscriptions === 1, 'the topic is subscribed to')
    const answer = await pasted(curlOf(call, { kind: 'command', path: 'chat/send', input }), shell)
    expect(JSON.parse(answer)).toEqual({ id: expect.any(String), sentAt: expect.any(String) })
    const lines = (await topic).split('\n')
    const data = lines[lines.indexOf('event: message') + 1]?.replace('data: ', '') ?? ''
    expect(JSON.parse(data)).toMatchObject({ author: 'ada', text: nasty })
  })

  it('reads a topic whose params need quotes, and resumes it', async () => {
    const { origin, tidings } = await startInspected()
    const call = { mount: `${origin}/events`, headers: {} }
    const roomId = nasty.slice(0, 60)
    const key = `room?roomId=${encodeURIComponent(roomId)}`
    const begun = await pastedUntil(curlOf(call, { kind: 'channel', key }), shell, 'event: $snapshot')
    const [cursor = ''] = /(?<=^id: ).*$/m.exec(begun) ?? []
    await tidings.emit.room({ roomId }).message({ text: 'missed', author: 'ada', sentAt: new Date() })
    const resumed = await pastedUntil(curlOf(call, { kind: 'channel', key, cursor }), shell, 'event: message')
    expect(resumed).toContain('"text":"missed"')
    expect(resumed).not.toContain('$snapshot')
  })

  it('starts a run under its id, and attaches to it', async () => {
    const { origin } = await startInspected()
    const call = { mount: `${origin}/events`, headers: {} }
    const runId = crypto.randomUUID()
    const path = 'complete'
    const input = { prompt: "that's all" }
    const started = await pasted(curlOf(call, { kind: 'stream', path, input, runId }), shell)
    expect(started).toContain('event: token\ndata: "that\'s"')
    const attached = await pasted(curlOf(call, { kind: 'run', path, runId }), shell)
    expect(attached).toContain('event: $output\ndata: {"tokens":2}')
    const [cursor = ''] = /(?<=^id: ).*(?=\nevent: token\n)/m.exec(attached) ?? []
    const rest = await pasted(curlOf(call, { kind: 'run', path, runId, cursor }), shell)
    expect(rest).not.toContain('data: "that\'s"')
    expect(rest).toContain('data: "all"')
  })
})

describe('what is copied as TypeScript', () => {
  it('compiles against the contract, whatever the values', { timeout: 60_000 }, async () => {
    const call = { mount: 'https://example.org/events', headers: { authorization: "Bearer it's" } }
    const input = {
      text: nasty,
      labels: { 'not-an-identifier': 1, class: 2, '1a': 3, é: 4 },
      extra: [1.5, true, null, { a: [], ['b'.repeat(80)]: { c: nasty } }],
    }
    const booking = {
      at: '2026-01-01T00:00:00.000Z',
      others: ['2026-01-02T00:00:00.000Z'],
      either: '2026-01-03T00:00:00.000Z',
      place: { kind: 'link', link: 'https://example.org/' },
      price: '-12345678901234567890',
      guests: [['ada', '2026-01-04T00:00:00.000Z']],
      tags: ['a', 'b'],
    }
    const lesserBooking = { either: 5, place: { kind: 'picture', picture: 'AAE=' }, guests: [], tags: [] }
    const calls = [
      { path: 'room', value: { roomId: nasty, limit: 2 } },
      { path: 'room', value: { roomId: 'lobby', since: '2026-01-01T00:00:00.000Z' } },
      { path: 'chat/book', value: booking },
      { path: 'chat/book', value: { ...booking, ...lesserBooking } },
      { path: 'prices', value: {} },
      { path: 'prices', value: undefined },
      { path: 'chat/send', value: input },
      { path: 'chat/clear', value: undefined },
      { path: 'complete', value: { prompt: nasty } },
      { path: 'complete', value: undefined, runId: 'a-run' },
    ]
    const files = calls.map((each) => {
      const procedure = procedures[each.path]
      if (!procedure) throw new Error(`There is no ${each.path}`)
      return typeScriptOf({ ...call, ...each, procedure })
    })
    // The compiler would see a mistake.
    const wrong = files[0]?.replace('roomId', 'room') ?? ''
    expect(await mistakesIn([...files, wrong])).toEqual([...files.map(() => []), [expect.any(String)]])
  })

  it('writes each value as a literal that evaluates to it', () => {
    const values = [
      nasty,
      { a: nasty, [nasty]: [nasty] },
      [],
      {},
      [[]],
      -0.5,
      1e21,
      true,
      null,
      { 'a b': { c: 'x'.repeat(100) } },
    ]
    for (const value of values) expect(new Function(`return ${literalOf(value)}`)()).toEqual(value)
    const prototype = JSON.parse('{"__proto__": 1}')
    expect(Object.keys(new Function(`return ${literalOf(prototype)}`)())).toEqual(['__proto__'])
    const text = { type: 'string' }
    const given = {
      properties: { link: { 'x-tidings-value': 'URL' }, text, n: { 'x-tidings-value': 'bigint' } },
    }
    const evaluated = new Function(`return ${literalOf({ link: 'a:b', text: '1', n: '007' }, given)}`)()
    expect(evaluated).toEqual({ link: new URL('a:b'), text: '1', n: 7n })
    expect(literalOf({ roomId: 'lobby', n: [1, 2] })).toBe("{ roomId: 'lobby', n: [1, 2] }")
  })
})

/** Compiles files as a project does that has installed the packages, and returns the mistakes of each. */
async function mistakesIn(files: readonly string[]): Promise<string[][]> {
  const folder = await mkdtemp(join(import.meta.dirname, 'copied-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'contract.ts'), "export { contract } from '../copied-contract.js'\n")
  const paths = files.map((_, index) => join(folder, `copied-${index}.ts`))
  await Promise.all(paths.map((path, index) => writeFile(path, files[index] ?? '')))
  const program = ts.createProgram(paths, {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    customConditions: ['@tidings/source'],
    types: [],
    lib: [
      'lib.es2023.d.ts',
      'lib.esnext.disposable.d.ts',
      'lib.dom.d.ts',
      'lib.dom.iterable.d.ts',
      'lib.dom.asynciterable.d.ts',
    ],
  })
  return paths.map((path) => {
    const file = program.getSourceFile(path)
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
  })
}
