import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from './free-port.js'
import { pause } from './pause.js'

/** Where a proxy runs. */
export interface ProxyPlace {
  /** The directory of its files, and its working directory. */
  readonly directory: string
  /** Where it listens for plain HTTP, on 127.0.0.1. */
  readonly port: number
  /** Another free port, for TLS. */
  readonly tlsPort: number
}

/** A proxy that answers. */
export interface RunningProxy extends ProxyPlace {
  readonly origin: string
  readonly tlsOrigin: string
}

export interface ProxyProgram {
  readonly executable: string
  /** The name of its configuration file. */
  readonly file: string
  args(place: ProxyPlace): readonly string[]
  configuration(place: ProxyPlace): string
  /** The arguments with which it only checks its configuration. */
  checkArgs(place: ProxyPlace): readonly string[]
}

/** The proxies that run. None outlives the process that started it. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a proxy in a directory of its own, waits until it answers, and stops it when the test is over. */
export async function startProxy(program: ProxyProgram): Promise<RunningProxy> {
  const directory = await makeDirectory()
  for (let attempt = 1; ; attempt += 1) {
    const place = { directory, port: await freePort(), tlsPort: await freePort() }
    await writeFile(join(directory, program.file), program.configuration(place))
    const child = spawn(program.executable, program.args(place), {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    running.add(child)
    const ended = once(child, 'exit').finally(() => running.delete(child))
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text
    })
    onTestFinished(async () => {
      child.kill('SIGKILL')
      await ended
    })
    const origin = `http://127.0.0.1:${place.port}`
    while (child.exitCode === null) {
      if (await isAnswered(origin))
        return { ...place, origin, tlsOrigin: `https://127.0.0.1:${place.tlsPort}` }
      await pause(10)
    }
    // Another process may have taken the port meanwhile.
    if (attempt === 3) throw new Error(`${program.executable} ended with ${child.exitCode}: ${said}`)
  }
}

/** Has a proxy check its configuration. @throws Error with what it says, if it does not accept it */
export async function checkProxy(program: ProxyProgram): Promise<void> {
  const place = { directory: await makeDirectory(), port: await freePort(), tlsPort: await freePort() }
  await writeFile(join(place.directory, program.file), program.configuration(place))
  const { status, stdout, stderr } = spawnSync(program.executable, program.checkArgs(place), {
    cwd: place.directory,
    encoding: 'utf8',
  })
  if (status !== 0 || /WARNING|ERROR/.test(stderr)) {
    throw new Error(`${program.executable} refuses its configuration: ${stdout}${stderr}`)
  }
}

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tidings-proxy-'))
  // Started as root, some run as another user.
  await chmod(directory, 0o777)
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

async function isAnswered(origin: string): Promise<boolean> {
  try {
    const { body } = await fetch(`${origin}/is-it-there`)
    await body?.cancel()
    return true
  } catch {
    return false
  }
}
