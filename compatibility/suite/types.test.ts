import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile, type Version, versions } from './compiler.js'
import { type Configuration, configurations, tscInit, viteForBrowsers } from './configurations.js'
import { type Installation, installPacked } from './packed.js'

const here = import.meta.dirname

/** Options of the templates that a version does not know. */
const unknownOptions: Partial<Record<Version, readonly string[]>> = {
  '5.5': ['erasableSyntaxOnly', 'noUncheckedSideEffectImports'],
  '5.7': ['erasableSyntaxOnly'],
}

describe('packed declarations', () => {
  let installation: Installation
  let projects = 0
  beforeAll(async () => {
    installation = await installPacked()
    const { folder } = installation
    await cp(join(here, 'program'), folder, { recursive: true })
    for (const name of ['contract.ts', 'server.ts', 'client.ts']) {
      await cp(join(here, '../../examples/quick-start', name), join(folder, name))
    }
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  })
  afterAll(() => installation?.remove())

  /** The errors of compiling a program with a template's options. */
  async function errorsOf(
    version: Version,
    configuration: Configuration,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<readonly string[]> {
    const { compilerOptions, files, besides } = configuration
    const known = Object.entries(compilerOptions).filter(
      ([option]) => !unknownOptions[version]?.includes(option),
    )
    // `strict` is the default since TypeScript 6, and templates for earlier ones have it.
    const options = { strict: true, ...Object.fromEntries(known), ...besides, ...more }
    projects += 1
    const project = join(installation.folder, `tsconfig.${projects}.json`)
    await writeFile(project, JSON.stringify({ compilerOptions: options, files }))
    return compile(version, installation.folder, ['-p', project])
  }

  describe.each(versions)('with TypeScript %s', (version) => {
    // A compilation takes seconds, so older versions compile with the two configurations that differ most.
    const chosen = version < '6' ? [viteForBrowsers, tscInit] : configurations
    it.concurrent.each(chosen)('type a program where $name', async (configuration) => {
      expect(await errorsOf(version, configuration)).toEqual([])
    })
  })

  // Templates set `skipLibCheck`, which makes a name that is not declared `any` in silence.
  it.concurrent.each(configurations)('use no name that is missing where $name', async (configuration) => {
    const errors = await errorsOf('7.0', configuration, { skipLibCheck: false })
    expect(errors.filter((line) => !/^[^(]*node_modules\/(?!@tidings\/)/.test(line))).toEqual([])
  })
})
