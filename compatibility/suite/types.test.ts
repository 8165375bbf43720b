import { execFile } from 'node:child_process'
import { cp, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Configuration, configurations, tscInit, viteForBrowsers } from './configurations.js'
import { type Installation, installPacked } from './packed.js'

const here = import.meta.dirname
const versions = ['5.5', '5.7', '5.9', '6.0', '7.0'] as const
type Version = (typeof versions)[number]

/** Options of the templates that a version does not know. */
const unknownOptions: Partial<Record<Version, readonly string[]>> = {
  '5.5': ['erasableSyntaxOnly', 'noUncheckedSideEffectImports'],
  '5.7': ['erasableSyntaxOnly'],
}

const compilerOf = (version: Version) => {
  const { resolve } = createRequire(join(here, `../typescript-${version}/package.json`))
  return join(dirname(resolve('typescript/package.json')), 'bin/tsc')
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
  ): Promise<string[]> {
    const { name, compilerOptions, files, besides } = configuration
    const known = Object.entries(compilerOptions).filter(
      ([option]) => !unknownOptions[version]?.includes(option),
    )
    // `strict` is the default since TypeScript 6, and templates for earlier ones have it.
    const options = { strict: true, ...Object.fromEntries(known), ...besides, ...more }
    projects += 1
    const project = join(installation.folder, `tsconfig.${projects}.json`)
    await writeFile(project, JSON.stringify({ compilerOptions: options, files }))
    const output = await new Promise<string>((resolve, reject) => {
      const args = [compilerOf(version), '-p', project, '--pretty', 'false']
      execFile(process.execPath, args, { cwd: installation.folder }, (error, stdout, stderr) => {
        // A program with errors makes the compiler end with 1 or 2.
        if (error && error.code !== 1 && error.code !== 2) reject(new Error(`${name}: ${error.message}`))
        else resolve(stdout + stderr)
      })
    })
    return output.split('\n').filter((line) => line.includes('error TS'))
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
