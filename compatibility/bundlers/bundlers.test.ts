import { hasChromium, launchChromium } from '@tidings/test-kit/chromium'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Bundle, packagesOf, readBundle } from './bundle.js'
import { bundlers } from './bundlers/index.js'
import { type InstalledProject, installProject } from './project.js'
import { serve } from './site.js'
import { visit } from './visit.js'

let installed: InstalledProject
let browser: Browser | undefined
beforeAll(async () => {
  installed = await installProject()
  if (hasChromium) browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await installed?.remove()
})

const kilobytes = (bytes: number) => Number((bytes / 1000).toFixed(1))
const countOf = (text: string, code: string) => code.split(text).length - 1

describe.each(bundlers)('a bundle of $name $version', (bundler) => {
  let bundle: Bundle
  let warnings: readonly string[]
  beforeAll(async () => {
    const project = installed.projectFor(bundler.name)
    warnings = await bundler.bundle(project)
    bundle = await readBundle(project.output)
  })

  it('is made without a warning', () => {
    expect(warnings).toEqual([])
  })

  it(`has at most ${bundler.limitKb} kB of scripts, gzipped`, () => {
    const sizes = bundle.scripts.map((script) => bundle.gzipped(script))
    const total = kilobytes(sizes.reduce((sum, size) => sum + size, 0))
    const each = sizes.map(kilobytes).join(' + ')
    console.log(`${bundler.name} ${bundler.version}: ${total} kB gzipped (${each})`)
    expect(total).toBeLessThanOrEqual(bundler.limitKb)
    // What the client and zod take at the least: less means that the scripts were not found.
    expect(total).toBeGreaterThan(20)
  })

  it('contains the client, core and zod, and no server', () => {
    const others = ['eventsource', 'eventsource-parser']
    const packages = packagesOf(bundle.sources).filter(
      (name) => !others.includes(name) && !name.startsWith('@parcel/'),
    )
    expect(packages).toEqual(['@tidings/client', '@tidings/core', 'zod'])
    // What is not installed resolves to this repository's own packages.
    expect(bundle.sources.filter((source) => /(^|\/)packages\//.test(source))).toEqual([])
  })

  it('contains zod and core once', () => {
    const zod = bundle.sources.filter((source) => source.includes('node_modules/zod/'))
    expect(zod.filter((source) => !source.endsWith('.js'))).toEqual([])
    expect(bundle.sources.filter((source) => source.endsWith('.cjs'))).toEqual([])
    expect([
      countOf('Encountered Promise during synchronous parse', bundle.code),
      countOf('@tidings/error', bundle.code),
    ]).toEqual([1, 1])
  })

  it('contains nothing of Node, and no check of the contract', () => {
    expect(bundle.code.match(/\bnode:\w+|\bBuffer\b|\bprocess\.\w+|\brequire\(|\b__dirname\b/g)).toBeNull()
    expect(countOf('is neither a procedure nor a group', bundle.code)).toBe(0)
  })

  it.skipIf(!hasChromium)('runs in Chromium, and loads the code for sharing on demand', async () => {
    if (!browser) throw new Error('Chromium did not start')
    const report = await visit(browser, await serve(bundle.files))
    expect(report.problems).toEqual([])
    expect(report.received).toEqual([0, true, 'alone', true, 'to', 'be', { tokens: 2 }, 7])
    expect(report.receivedShared).toEqual([0, true, 'shared', true])
    expect(report.isShared).toBe(true)
    expect(report.scripts).not.toEqual([])
    expect(report.scriptsToShare).not.toEqual([])
    const loaded = [...report.scripts, ...report.scriptsToShare].map((path) => path.slice(1))
    expect(loaded.sort()).toEqual([...bundle.scripts])
  })
})
