import { execFileSync } from 'node:child_process'
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { type ContractDocument, describe as describeContract, diff } from '@tidings/core/describe'
import { describe, expect, it } from 'vitest'
import { contract, startServer } from './chat-server.js'
import { bundleCore } from './core-bundle.js'
import { directoryWith } from './directory.js'
import { run } from './run-cli.js'

bundleCore()

const document = describeContract(contract)
const before = JSON.stringify(document)

/** Returns what was printed, with the code of each change in place of its message, which is that of `diff`. */
function withCodes(stdout: string): string {
  const changes = diff(document, JSON.parse(changed()) as ContractDocument)
  const lines = stdout.replaceAll('\n    ', ' ')
  return changes.reduce((text, { change, message }) => text.replace(message, change), lines)
}

/** Returns the document without an event, with a new one, and with an input that a client may omit. */
function changed(): string {
  const copy = JSON.parse(before) as {
    procedures: Record<string, { events: Record<string, unknown>; input: { wire: { properties: object } } }>
  }
  const events = copy.procedures['chat/room']?.events ?? {}
  delete events['typing']
  events['joined'] = null
  Object.assign(copy.procedures['complete']?.input.wire.properties ?? {}, { model: { type: 'string' } })
  return JSON.stringify(copy)
}

/** Makes a directory a repository whose branch `main` has its files. */
function commit(cwd: string): void {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd })
  git('init', '--quiet', '--initial-branch=main')
  git('add', '--all')
  git('commit', '--quiet', '--message=first')
}

/** Returns the steps for GitHub Actions that a guide shows. */
async function stepsOf(guide: string): Promise<string[]> {
  const text = await readFile(new URL(`../../../docs/${guide}`, import.meta.url), 'utf8')
  const [, yaml = ''] = /```yaml\n(- uses: .*?)```/s.exec(text) ?? []
  return [...yaml.matchAll(/^- (.*)$/gm)].map(([, step = '']) => step)
}

describe('snapshot', () => {
  it('writes a file that does not depend on the order of the contract, and checks it', async () => {
    const url = await startServer()
    const entries = Object.entries(document.procedures).reverse()
    const reordered: ContractDocument = { ...document, procedures: Object.fromEntries(entries) }
    const cwd = await directoryWith({ 'reordered.json': JSON.stringify(reordered), 'new.json': changed() })
    expect(await run(['snapshot', url], { cwd })).toEqual({
      code: 0,
      stdout: 'Wrote contract.json\n',
      stderr: '',
    })
    const written = await readFile(join(cwd, 'contract.json'), 'utf8')
    expect(diff(JSON.parse(written) as ContractDocument, document)).toEqual([])
    expect((await run(['snapshot', 'reordered.json', '--out', '-'], { cwd })).stdout).toBe(written)
    for (const source of [url, 'reordered.json']) {
      expect(await run(['snapshot', source, '--check'], { cwd })).toEqual({
        code: 0,
        stdout: 'contract.json is up to date\n',
        stderr: '',
      })
    }
    const outdated = await run(['snapshot', 'new.json', '--check'], { cwd })
    expect(outdated).toMatchObject({
      code: 1,
      stderr: 'error: contract.json is out of date\nWrite it with: tidings snapshot new.json\n',
    })
    expect(outdated.stdout).toContain('chat/room.events.typing is gone')
    expect(await readFile(join(cwd, 'contract.json'), 'utf8')).toBe(written)
    expect(await run(['snapshot', url, '--check', '--out', 'other.json'], { cwd })).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: other.json does not exist\nWrite it with: tidings snapshot ${url} --out other.json\n`,
    })
  })

  it('tells changes of texts from others', async () => {
    const cwd = await directoryWith({
      'contract.json': before,
      'new.json': before.replace('of a room', 'of the room'),
    })
    expect(await run(['snapshot', 'new.json', '--check'], { cwd })).toMatchObject({
      code: 1,
      stdout: 'Only texts changed\n',
    })
  })
})

describe('diff', () => {
  it('prints what changed, the worst first', async () => {
    const cwd = await directoryWith({ 'old.json': before, 'new.json': changed() })
    const { code, stdout } = await run(['diff', 'old.json', 'new.json'], { cwd })
    expect(code).toBe(1)
    expect(withCodes(stdout)).toMatchInlineSnapshot(`
      "breaking
        ✗ for clients: event-removed

      dangerous
        ! for servers: key-added

      safe
        ✓ event-added

      1 breaking, 1 dangerous, 1 safe
      "
    `)
    expect(await run(['diff', 'old.json', 'old.json'], { cwd })).toEqual({
      code: 0,
      stdout: 'No changes\n',
      stderr: '',
    })
  })

  it('fails on what it is asked to', async () => {
    const cwd = await directoryWith({ 'old.json': before, 'new.json': changed() })
    const codeOf = async (...options: string[]) =>
      (await run(['diff', 'old.json', 'new.json', ...options], { cwd })).code
    expect(await codeOf('--side', 'clients')).toBe(1)
    expect(await codeOf('--side', 'servers')).toBe(0)
    expect(await codeOf('--side', 'servers', '--fail-on', 'dangerous')).toBe(1)
    expect(await codeOf('--fail-on', 'none')).toBe(0)
  })

  it('prints JSON, and annotations at the lines of a file', async () => {
    const cwd = await directoryWith({
      'old.json': before,
      'new.json': JSON.stringify(JSON.parse(changed()), null, 2),
    })
    const json = await run(['diff', 'old.json', 'new.json', '--format', 'json'], { cwd })
    expect(JSON.parse(json.stdout)).toMatchObject({
      verdict: 'breaking',
      changes: expect.arrayContaining([
        expect.objectContaining({ change: 'event-removed', clients: 'breaking' }),
      ]),
    })
    const { stdout } = await run(['diff', 'old.json', 'new.json', '--format', 'github'], { cwd })
    const lines = JSON.stringify(JSON.parse(changed()), null, 2).split('\n')
    const placed = stdout.replace(/line=(\d+)/g, (_, line) => `line={${lines[Number(line) - 1]?.trim()}}`)
    expect(withCodes(placed)).toMatchInlineSnapshot(`
      "::error file=new.json,line={"chat/room": {},title=Breaking for clients::event-removed
      ::notice file=new.json,line={"chat/room": {},title=Safe change of the contract::event-added
      ::warning file=new.json,line={"complete": {},title=Dangerous for servers::key-added
      1 breaking, 1 dangerous, 1 safe
      "
    `)
  })

  it('says nothing of a side that does not count', async () => {
    const cwd = await directoryWith({ 'old.json': before, 'new.json': changed() })
    const advised = async (...options: string[]) => {
      const { stdout } = await run(['diff', 'old.json', 'new.json', ...options], { cwd })
      return stdout.split('\n').filter((line) => line.includes('typing'))
    }
    const fact = 'chat/room.events.typing is gone, and its handlers are never called'
    expect(await advised('--side', 'servers')).toEqual([`  ✓ ${fact}`])
    expect(await advised('--side', 'clients')).toEqual([
      expect.stringContaining(`${fact}: keep sending it until no`),
    ])
    expect(await advised('--side', 'servers', '--format', 'github')).toEqual([
      expect.stringMatching(new RegExp(`::${fact}$`)),
    ])
  })

  it('names files in annotations from the root of the repository', async () => {
    const root = await directoryWith()
    const cwd = join(root, 'packages')
    await mkdir(cwd)
    await writeFile(join(cwd, 'old.json'), before)
    await writeFile(join(cwd, 'new.json'), changed())
    const argv = ['diff', 'old.json', 'new.json', '--format', 'github']
    const inJob = await run(argv, { cwd, env: { GITHUB_WORKSPACE: root } })
    expect(inJob.stdout).toContain('file=packages/new.json,')
    expect((await run(argv, { cwd })).stdout).toContain('file=new.json,')
  })

  it('reads a file at a revision of Git', async () => {
    const cwd = await directoryWith({ 'contract.json': before })
    commit(cwd)
    for (const source of ['main:contract.json', 'git:HEAD:contract.json']) {
      expect(await run(['diff', source, 'contract.json'], { cwd })).toMatchObject({
        code: 0,
        stdout: 'No changes\n',
      })
    }
    expect(await run(['diff', 'main:other.json', 'contract.json'], { cwd })).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: Git cannot show main:other.json: path 'other.json' does not exist in 'main'
Until main has other.json, there is nothing to compare with. Compare from the change after the one that adds it
`,
    })
    expect(await run(['diff', 'origin/next:contract.json', 'contract.json'], { cwd })).toMatchObject({
      code: 2,
      stderr: `error: Git cannot show origin/next:contract.json: invalid object name 'origin/next'.
If this is a shallow clone, run: git fetch --depth=1 origin next, and name it origin/next
`,
    })
    expect(await run(['diff', 'HEAD~9:contract.json', 'contract.json'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('history: git fetch --unshallow\n') as string,
    })
    expect(await run(['diff', 'main:contract.ts', 'contract.json'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('main:contract.ts is not a .json file') as string,
    })
  })
})

describe('the steps of the guides for CI', () => {
  it.for(['evolution.md', 'cli.md'])('pass in a shallow clone, in %s', async (guide) => {
    const [checkout, node, install, fetch = '', ...commands] = await stepsOf(guide)
    expect([checkout, node, install]).toEqual([
      'uses: actions/checkout@v5',
      'uses: actions/setup-node@v5',
      'run: npm ci',
    ])
    const origin = await directoryWith({ 'contract.json': before })
    commit(origin)
    execFileSync('git', ['branch', 'next'], { cwd: origin })
    const cwd = await directoryWith()
    execFileSync('git', ['clone', '--quiet', '--depth=1', '--branch=next', `file://${origin}`, '.'], { cwd })
    // A clone of one branch has a refspec of that branch. The checkout of GitHub Actions has one of all.
    execFileSync('git', ['config', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*'], { cwd })
    await mkdir(join(cwd, 'src'))
    await copyFile(new URL('contracts/chat.ts', import.meta.url), join(cwd, 'src/contract.ts'))
    await symlink(new URL('../../../node_modules', import.meta.url), join(cwd, 'node_modules'))
    execFileSync('sh', ['-c', fetch.replace('run: ', '')], { cwd, stdio: 'pipe' })
    expect(commands).toHaveLength(2)
    for (const command of commands) {
      const argv = command.replace('run: npx @tidings/cli ', '').split(' ')
      expect(await run(argv, { cwd })).toMatchObject({ code: 0, stderr: '' })
    }
  })
})

describe('docs', () => {
  it('writes the documents of a contract', async () => {
    const url = await startServer()
    const cwd = await directoryWith({ 'contract.json': before })
    const about = ['--title', 'Chat', '--api-version', '1.4.0']
    const openapi = await run(
      ['docs', url, '--format', 'openapi', ...about, '--credentials', 'header:x-key'],
      { cwd },
    )
    expect(JSON.parse(openapi.stdout)).toMatchObject({
      openapi: '3.2.0',
      info: { title: 'Chat', version: '1.4.0' },
      servers: [{ url }],
      components: { securitySchemes: { 'header.x-key': { type: 'apiKey', in: 'header', name: 'x-key' } } },
    })
    const argv = ['docs', 'contract.json', '--format', 'asyncapi', ...about, '--out', 'asyncapi.json']
    expect(await run(argv, { cwd })).toEqual({ code: 0, stdout: 'Wrote asyncapi.json\n', stderr: '' })
    expect(JSON.parse(await readFile(join(cwd, 'asyncapi.json'), 'utf8'))).toMatchObject({
      asyncapi: '3.0.0',
      info: { title: 'Chat' },
    })
  })

  it('writes an OpenAPI document that validators accept without a warning', async () => {
    const cwd = await directoryWith({ 'contract.json': before })
    const argv = ['docs', 'contract.json', '--format', 'openapi', '--title', 'Chat', '--license', 'MIT']
    const config = await createConfig({ extends: ['recommended'] })
    for (const more of [[], ['--url', 'https://example.org/events', '--credentials', 'bearer']]) {
      const { stdout } = await run([...argv, ...more], { cwd })
      expect(JSON.parse(stdout)).toMatchObject({ info: { license: { name: 'MIT', identifier: 'MIT' } } })
      expect(await lintFromString({ source: stdout, config })).toEqual([])
    }
    expect(await run([...argv, '--license', '<own>'], { cwd })).toMatchObject({ code: 2 })
  })
})
