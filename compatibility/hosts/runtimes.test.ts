import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { behaviours } from './suite/host.js'

const here = import.meta.dirname
const page = readFileSync(join(here, '../../docs/runtimes.md'), 'utf8')
const cellsOf = (row: string) => row.split('|').map((cell) => cell.trim())

it('lists the hosts of the suite, and no others, in docs/runtimes.md', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| '))
  const [header = '', _rule, ...hosts] = rows
  expect(cellsOf(header).slice(1, -1)).toEqual(['host', 'version', ...behaviours])
  const tests = readdirSync(here).filter((name) => name.endsWith('.test.ts'))
  const calls = tests.flatMap((name) => [
    ...readFileSync(join(here, name), 'utf8').matchAll(/^hostSuite\(\s*'([^']+)'/gm),
  ])
  expect(hosts.map((row) => cellsOf(row)[1]).sort()).toEqual(calls.map(([, name]) => name).sort())
})
