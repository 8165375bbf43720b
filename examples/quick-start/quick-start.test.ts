import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '@tidings/test-kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runFile } from './program.js'

const here = import.meta.dirname
const names = ['contract', 'server', 'client'] as const

/** Returns the code blocks of the README that begin with the name of a file. */
async function blocksOfReadme(): Promise<Map<string, string>> {
  const readme = await readFile(join(here, '../../README.md'), 'utf8')
  const blocks = [...readme.matchAll(/^```ts\n(\/\/ (\w+)\.ts[\s\S]*?)^```$/gm)]
  return new Map(blocks.map(([, code = '', name = '']) => [name, code]))
}

describe('the quick start of the README', () => {
  let folder: string
  let port: number

  beforeAll(async () => {
    const blocks = await blocksOfReadme()
    folder = await mkdtemp(join(here, '.run-'))
    port = await freePort()
    for (const name of names) {
      // Another program may use port 3000.
      const code = blocks.get(name)?.replaceAll('3000', String(port)) ?? ''
      await writeFile(join(folder, `${name}.ts`), code)
    }
  })
  afterAll(() => rm(folder, { recursive: true }))

  it.each(names)('contains %s.ts as in this folder, where it is type checked', async (name) => {
    const block = (await blocksOfReadme()).get(name)
    expect(block).toBe(await readFile(join(here, `${name}.ts`), 'utf8'))
  })

  it('runs: the client prints its events and ends', async () => {
    const server = runFile(join(folder, 'server.ts'))
    try {
      await expect
        .poll(
          () =>
            fetch(`http://localhost:${port}/events/nothing`).then(
              (response) => response.status,
              () => server.printed(),
            ),
          {
            timeout: 20_000,
          },
        )
        .toBe(404)
      const client = runFile(join(folder, 'client.ts'))
      expect([await client.exited, client.printed()]).toEqual([0, expect.any(String)])
      const lines = client.printed().trimEnd().split('\n')
      expect(lines).toContain('0 messages so far')
      expect(lines.filter((line) => line.endsWith(' ada hello'))).toHaveLength(1)
      expect(lines).toContain('to be or not to be 6')
      expect(lines.at(-1)).toMatch(/ ada bye$/)
      const second = runFile(join(folder, 'client.ts'))
      expect([await second.exited, second.printed()]).toEqual([0, expect.any(String)])
      expect(second.printed()).toContain('2 messages so far')
      // The room stays readable: what does not fit a message is refused before it is stored.
      const empty = await fetch(`http://localhost:${port}/events/send`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ roomId: 'lobby', author: 'ada', text: '' }),
      })
      expect([empty.status, await empty.json()]).toMatchObject([400, { code: 'invalid_input' }])
    } finally {
      server.child.kill()
      await server.exited
    }
    expect(server.printed()).toBe('')
  })
})
