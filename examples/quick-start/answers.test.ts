import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '@tidings/test-kit'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Program, run, runFile } from './program.js'

const here = import.meta.dirname
const guide = await readFile(join(here, '../../docs/streaming-answers.md'), 'utf8')
const blocks = [...guide.matchAll(/^```(?:ts|sh)\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
const shown = ['contract.ts', 'server.ts', 'page.ts', 'device.ts', 'curl.sh']

const question = 'Why is the sky blue?'
const answer = `You asked: ${question} ${'Thinking takes time, and so does writing. '.repeat(8)}That is all.`

describe('docs/streaming-answers.md', () => {
  let folder: string
  let server: Program
  const file = (name: string) => join(folder, name)

  beforeAll(async () => {
    folder = await mkdtemp(join(here, '.run-'))
    await cp(join(here, 'answers'), folder, { recursive: true })
    // Another program may use port 3000.
    const port = String(await freePort())
    for (const name of shown) {
      const code = await readFile(file(name), 'utf8')
      await writeFile(file(name), code.replaceAll('3000', port))
    }
    server = runFile(file('server.ts'))
    const isHealthy = async () =>
      expect((await fetch(`http://localhost:${port}/events/$health`)).status, server.printed()).toBe(200)
    await vi.waitFor(isHealthy, { timeout: 20_000 })
  }, 30_000)

  afterAll(async () => {
    server.child.kill()
    await server.exited
    await rm(folder, { recursive: true })
  })

  it.each(shown)('shows %s as in the folder "answers", where it is type checked', async (name) => {
    expect(blocks).toContain(await readFile(join(here, 'answers', name), 'utf8'))
  })

  it('shows the whole answer after a reload in the middle', async () => {
    const asked = runFile(file('browser.ts'), file('storage.json'), question)
    await expect.poll(asked.printed, { timeout: 20_000 }).toContain('Thinking takes time')
    asked.child.kill('SIGKILL')
    await asked.exited
    expect(asked.printed()).not.toContain('That is all.')

    const reloaded = runFile(file('browser.ts'), file('storage.json'))
    await expect.poll(reloaded.printed, { timeout: 20_000 }).toContain('That is all.')
    reloaded.child.kill('SIGKILL')
    await reloaded.exited
    const texts = reloaded.printed().trimEnd().split('\n')
    expect(texts.at(-1)).toBe(answer)
  })

  it('reads the same answer in another process', async () => {
    const { answer: id } = JSON.parse(await readFile(file('storage.json'), 'utf8'))
    const device = runFile(file('device.ts'), id)
    expect([await device.exited, device.printed()]).toEqual([
      0,
      `${answer}\n${answer.split(' ').length} words\n`,
    ])
  })

  it('starts, reads, resumes and cancels a run with curl', async () => {
    const [start = '', elsewhere = '', read = '', cancel = ''] = (
      await readFile(file('curl.sh'), 'utf8')
    ).split(/\n\n/)
    const whole = framesOf(await outputOf(start))
    expect(whole[0]).toContain('event: $open')
    const events = whole.slice(1)
    expect(events.at(-1)).toContain('event: $output\ndata: {"words":')

    expect(await outputOf(elsewhere)).toMatch(/^HTTP\/1.1 202 [\s\S]*^Location: answer\?\$run=3f9c1b7e5a2d/m)

    const [_comment, again = '', resume = ''] = read.split('\n')
    expect(framesOf(await outputOf(again)).slice(1)).toEqual(events)
    const twelfth = /^id: (\S+)$/m.exec(events[11] ?? '')?.[1] ?? ''
    const rest = framesOf(await outputOf(resume.replace('5k2w9d1c.12', twelfth)))
    expect(rest.slice(1)).toEqual(events.slice(12))

    expect(await outputOf(cancel.replace('curl', 'curl -w "%{http_code}"'))).toBe('204')
  })
})

/** Runs commands of a shell, and returns their output. */
async function outputOf(commands: string): Promise<string> {
  const shell = run('sh', '-c', commands.replaceAll(/\bcurl /g, 'curl -s '))
  expect([await shell.exited, shell.printed()]).toEqual([0, expect.any(String)])
  return shell.printed()
}

/** Splits an event stream, and leaves out heartbeats. */
function framesOf(stream: string): string[] {
  return stream.split('\n\n').filter((frame) => frame.includes('event: '))
}
