import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorsIn, outputOf, type Version, versions } from './compiler.js'
import { type Configuration, configurations, tscInit, viteForBrowsers } from './configurations.js'
import { type Installation, installPacked } from './packed.js'

const here = import.meta.dirname

/** Options of the templates that a version does not know. */
const unknownOptions: Partial<Record<Version, readonly string[]>> = {
  '5.5': ['erasableSyntaxOnly', 'noUncheckedSideEffectImports'],
  '5.7': ['erasableSyntaxOnly'],
}

/** A configuration to compile with, and further options. */
interface Project extends Configuration {
  readonly more?: Readonly<Record<string, unknown>>
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

  async function writeProject(version: Version, project: Project): Promise<string> {
    const { compilerOptions, files, besides, more } = project
    const known = Object.entries(compilerOptions).filter(
      ([option]) => !unknownOptions[version]?.includes(option),
    )
    // `strict` is the default since TypeScript 6, and templates for earlier ones have it.
    const options = { strict: true, ...Object.fromEntries(known), ...besides, ...more }
    projects += 1
    const path = join(installation.folder, `tsconfig.${projects}.json`)
    await writeFile(path, JSON.stringify({ compilerOptions: options, files }))
    return path
  }

  /**
   * Returns the errors of compiling a program with each project, by the project's name.
   *
   * One process builds all, because it then parses the declarations of zod, Node and the DOM once.
   */
  async function build(version: Version, projects: readonly Project[]): Promise<Map<string, string[]>> {
    const paths = await Promise.all(projects.map((project) => writeProject(version, project)))
    const args = ['--build', '--force', '--verbose', ...paths]
    const output = await outputOf(version, installation.folder, args)
    const [before = '', ...builds] = output.split(/^.*Building project '.*$/m)
    expect(errorsIn(before)).toEqual([])
    expect(builds).toHaveLength(paths.length)
    return new Map(projects.map(({ name }, index) => [name, errorsIn(builds[index] ?? '')]))
  }

  /** Returns a function that gives the errors of a project, and builds all with the first call. */
  function lazily(version: Version, projects: readonly Project[]) {
    let found: Promise<Map<string, string[]>> | undefined
    return async ({ name }: Project) => {
      found ??= build(version, projects)
      return (await found).get(name)
    }
  }

  describe.each(versions)('with TypeScript %s', (version) => {
    // A compilation takes seconds, so older versions compile with the two configurations that differ most.
    const chosen = version < '6' ? [viteForBrowsers, tscInit] : configurations
    const errorsOf = lazily(version, chosen)
    it.concurrent.each(chosen)('type a program where $name', async (configuration) => {
      expect(await errorsOf(configuration)).toEqual([])
    })
  })

  // Templates set `skipLibCheck`, which makes a name that is not declared `any` in silence.
  const strict = configurations.map((each) => ({ ...each, more: { skipLibCheck: false } }))
  const errorsOf = lazily('7.0', strict)
  it.concurrent.each(strict)('use no name that is missing where $name', async (configuration) => {
    const errors = await errorsOf(configuration)
    expect(errors?.filter((line) => !/^[^(]*node_modules\/(?!@tidings\/)/.test(line))).toEqual([])
  })
})
