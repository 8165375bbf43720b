import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, until } from '@tidings/test-kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Block, blocksOf } from './blocks.js'
import { type Mistake, mistakesIn } from './compile.js'
import { pages } from './pages.js'
import { folderOf } from './run-block.js'

const root = join(import.meta.dirname, '../..')
const blocks = pages.flatMap(blocksOf)
const shown = [...new Set(blocks.map(({ page }) => page))]
const runnable = blocks.filter(({ isRun }) => isRun)
const ofPage = (page: string) => blocks.filter((block) => block.page === page)
const nameOf = ({ page, line, file }: Block) => `${page}:${line}${file === undefined ? '' : ` (${file})`}`

let compiled = 0
let run = 0
afterAll(() => console.log(`${compiled} blocks of ${shown.length} pages compiled, and ${run} of them ran`))

describe('a block of code compiles', () => {
  let mistakes: readonly Mistake[]
  const said = ({ page, line, message }: Mistake) => `${page}:${line}: ${message}`

  beforeAll(() => {
    mistakes = mistakesIn(blocks)
  }, 300_000)

  it.each(shown)('on %s', (page) => {
    expect(mistakes.filter((mistake) => mistake.page === page).map(said)).toEqual([])
    compiled += ofPage(page).length
  })

  it('with what is given to it', () => {
    expect(mistakes.filter(({ page }) => !shown.includes(page)).map(said)).toEqual([])
  })
})

it('docs/quick-start.md builds the packages that it packs', () => {
  const guide = readFileSync(join(root, 'docs/quick-start.md'), 'utf8')
  const named = (pattern: RegExp) => [...guide.matchAll(pattern)].map(([, name]) => name)
  expect(named(/--filter=@tidings\/(\w+)/g)).toEqual(named(/--workspace=packages\/(\w+)/g))
})

describe('a block of code runs', () => {
  it.each(runnable.map((block) => [nameOf(block), block] as const))('%s', async (_name, block) => {
    await using folder = await folderOf(ofPage(block.page))
    await using program = await folder.run(block)
    expect([await program.exited, program.printed()]).toEqual([0, expect.any(String)])
    run += 1
  })

  it('docs/quick-start.md: the client prints what the server emits', async () => {
    // Another program may use port 3000.
    const port = String(await freePort())
    const ofGuide = ofPage('docs/quick-start.md')
    const [server, client] = ['server.ts', 'client.ts'].map((name) => {
      const block = ofGuide.find(({ file }) => file === name)
      if (!block) throw new Error(`The quick start does not show ${name}`)
      return block
    }) as [Block, Block]
    await using folder = await folderOf(ofGuide, (code) => code.replaceAll('3000', port))
    await using serving = await folder.run(server)
    await until(() => serving.printed().includes(`http://localhost:${port}/events`), 'the server listened')
    await using asking = await folder.run(client)
    await until(() => asking.printed().includes('muted'), 'the client was muted')
    const [first, second, last] = asking.printed().trimEnd().split('\n')
    expect([first, last]).toEqual(['0 messages so far', 'muted'])
    expect(second).toMatch(/ ada hello$/)
    run += 3
  })
})
