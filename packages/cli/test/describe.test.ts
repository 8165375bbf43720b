import { contractFrom, describe as describeContract } from '@tidings/core/describe'
import { freePort, listen } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { contract, startServer } from './chat-server.js'
import { bundleCore } from './core-bundle.js'
import { directoryWith } from './directory.js'
import { startForwarder } from './doctor/forwarder.js'
import { run } from './run-cli.js'

bundleCore()

const document = JSON.stringify(describeContract(contract))

describe('describe', () => {
  it('prints the contract of a server, a module and a file alike', async () => {
    const url = await startServer()
    const cwd = await directoryWith({ 'contract.json': document })
    const [server, module, file] = await Promise.all([
      run(['describe', url]),
      run(['describe', 'test/contracts/chat.ts']),
      run(['describe', 'contract.json'], { cwd }),
    ])
    expect(server).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(server.stdout)).toEqual(JSON.parse(document))
    expect(module).toEqual(server)
    expect(file).toEqual(server)
    expect(Object.keys(contractFrom(JSON.parse(server.stdout)))).toEqual(['chat', 'complete'])
  })

  it('prints it for people, with its texts', async () => {
    const cwd = await directoryWith({ 'contract.json': document })
    const { stdout } = await run(['describe', 'contract.json', '--pretty'], { cwd })
    expect(stdout).toMatchInlineSnapshot(`
      "chat/room  channel
        The messages of a room
        params:
          roomId: string (1…)
        snapshot: {
          messages: {
            // The name that readers see
            author: string (1…40)
            text: string (…2000)
            sentAt: string (date-time)
          }[]
        }
        events:
          message: {
            // The name that readers see
            author: string (1…40)
            text: string (…2000)
            sentAt: string (date-time)
          }
          typing: { author: string }
          cleared: nothing

      chat/send  command
        Deprecated: Use chat/post
        Send a message
        input: { roomId: string, text: string }
        output: {
          // The name that readers see
          author: string (1…40)
          text: string (…2000)
          sentAt: string (date-time)
        }
        errors:
          muted: { until: string (date-time) }

      complete  stream
        input: { prompt: string }
        events:
          token: string
        output: { tokens: integer }
      "
    `)
  })

  it('has colours on a terminal only, and writes out what a terminal would obey', async () => {
    const hostile = document.replace('Send a message', 'Send\\u001b[2J a message')
    const cwd = await directoryWith({ 'contract.json': hostile })
    const argv = ['describe', 'contract.json', '--pretty']
    const plain = await run(argv, { cwd })
    expect(plain.stdout).not.toContain('\u001b')
    expect(plain.stdout).toContain('Send\\u001b[2J a message')
    const onTerminal = await run(argv, { cwd, isTerminal: true })
    expect(onTerminal.stdout).toContain('\u001b[1mchat/room\u001b[22m')
    expect(onTerminal.stdout).not.toContain('\u001b[2J')
    for (const without of [
      run(argv, { cwd, isTerminal: true, env: { NO_COLOR: '1' } }),
      run([...argv, '--no-color'], { cwd, isTerminal: true }),
      run(argv, { cwd, isTerminal: true, env: { TERM: 'dumb' } }),
    ]) {
      expect(await without).toEqual(plain)
    }
    expect((await run(argv, { cwd, env: { FORCE_COLOR: '1' } })).stdout).toBe(onTerminal.stdout)
  })

  it('sends headers and a token', async () => {
    const url = await startServer({ token: 'ada' })
    for (const [argv, env] of [
      [['--token', 'ada'], {}],
      [['--header', 'authorization: Bearer ada', '--header', 'x-other: 1'], {}],
      [[], { TIDINGS_TOKEN: 'ada' }],
    ] as const) {
      expect(await run(['describe', url, ...argv], { env })).toMatchObject({ code: 0, stderr: '' })
    }
    expect(await run(['describe', url])).toMatchObject({
      code: 1,
      stderr: `error: The server at ${url} refused: Send a token (401)
Send your credentials with --token, or with --header 'name: value'
`,
    })
  })
})

describe('a source that is none', () => {
  const stderrOf = async (argv: readonly string[], code: number) => {
    const ended = await run(argv)
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code, stdout: '' })
    return ended.stderr
  }

  it('is a server that is not there, or does not describe its contract', async () => {
    const port = await freePort()
    expect(await stderrOf(['describe', `http://127.0.0.1:${port}/events`], 3)).toBe(
      `error: Cannot reach http://127.0.0.1:${port}/events: the connection was refused. Is the server running?\n`,
    )
    const url = await startServer({ describe: false })
    expect(await stderrOf(['describe', url], 1)).toBe(
      `error: The server at ${url} does not describe its contract
Set the option \`describe\` of createServer, or give the contract with --contract <file>
`,
    )
  })

  it('is another server, or one that does not answer', async () => {
    const { origin } = await listen((request, response) => {
      if (request.url?.startsWith('/slow')) return
      if (request.url?.startsWith('/html')) response.setHeader('content-type', 'text/html').end('<html>')
      else if (request.url?.startsWith('/json'))
        response.setHeader('content-type', 'application/json').end('{}')
      else response.writeHead(404).end('Not found')
    })
    const hint = 'Give the URL where the server is mounted, such as https://example.org/events\n'
    const what = (path: string) => `error: What answers at ${origin}/${path} is not a server of Tidings: `
    expect(await stderrOf(['describe', `${origin}/other`], 3)).toBe(
      `${what('other')}it answered 404\n${hint}`,
    )
    expect(await stderrOf(['describe', `${origin}/html`], 3)).toBe(
      `${what('html')}its content type is text/html\n${hint}`,
    )
    expect(await stderrOf(['describe', `${origin}/json`], 2)).toContain(
      `error: ${origin}/json/$contract does not describe a contract`,
    )
    expect(await stderrOf(['describe', `${origin}/slow`, '--timeout', '20ms'], 3)).toBe(
      `error: Cannot reach ${origin}/slow: no answer within 0.02 s\n`,
    )
  })

  it('is a path where the server is not mounted', async () => {
    const url = await startServer()
    const { origin } = new URL(url)
    for (const wrong of [origin, `${origin}/api`]) {
      expect(await stderrOf(['describe', wrong], 3)).toBe(
        `error: The server is mounted at ${url}, not at ${wrong}\n`,
      )
    }
  })

  it('is a path where no server is mounted, on a host whose server is mounted at an unusual path', async () => {
    const { origin } = new URL(await startServer({ path: '/live' }))
    expect(await stderrOf(['describe', `${origin}/api`], 3)).toBe(
      `error: No server is mounted at ${origin}/api: Tidings serves paths below /live, not /api/$contract
Give the URL where the server is mounted, such as https://example.org/events
`,
    )
  })

  it('is the page of a site whose server is mounted below', async () => {
    const { port } = new URL(await startServer())
    const page = { status: 200, headers: { 'content-type': 'text/html' } }
    const { origin } = await startForwarder(Number(port), {
      instead: (_, path) => (path.startsWith('/events') ? undefined : page),
    })
    expect(await stderrOf(['describe', origin], 3)).toBe(
      `error: The server is mounted at ${origin}/events, not at ${origin}\n`,
    )
  })

  it('is a module without a contract', async () => {
    expect(await stderrOf(['describe', 'test/contracts/others.ts'], 2)).toBe(
      `error: What test/contracts/others.ts exports is not a contract: pass it to defineContract
These exports are contracts: --export admin
`,
    )
    expect(await stderrOf(['describe', 'test/contracts/others.ts', '--export', 'admn'], 2)).toBe(
      `error: test/contracts/others.ts does not export \`admn\`. Did you mean admin?
These exports are contracts: --export admin
`,
    )
    expect(await run(['describe', 'test/contracts/others.ts', '--export', 'admin'])).toMatchObject({
      code: 0,
    })
    expect(await stderrOf(['describe', 'test/contracts/broken.ts'], 2)).toBe(
      'error: Cannot load test/contracts/broken.ts: Error: the database is missing\n',
    )
  })
})
