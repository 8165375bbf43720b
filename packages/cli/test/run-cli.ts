import { spawn } from 'node:child_process'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { Interruption, type Io } from '../src/lib/io.js'
import { main } from '../src/lib/main.js'

const directory = fileURLToPath(new URL('..', import.meta.url))

/** How a run of the program ended. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
  /** The directory that relative paths start from. Defaults to that of the package. */
  readonly cwd?: string
  /** Whether stdout and stderr are terminals. */
  readonly isTerminal?: boolean
  /** Characters that fit on one line. Defaults to 110. */
  readonly columns?: number
}

/** A run of the program that has not ended. */
export interface Running {
  /** What it printed so far. */
  readonly stdout: string
  readonly stderr: string
  /** Interrupts it, as Ctrl+C does. */
  interrupt(): void
  /** Resolves when it has ended. */
  readonly ended: Promise<Ended>
}

/** Runs the program in this process, to its end. */
export function run(argv: readonly string[], options?: RunOptions): Promise<Ended> {
  return begin(argv, options).ended
}

/** Begins a run of the program in this process. */
export function begin(argv: readonly string[], options: RunOptions = {}): Running {
  const { stdin = '', env = {}, cwd = directory, isTerminal = false, columns = 110 } = options
  const stdout = new Sink(isTerminal, columns)
  const stderr = new Sink(isTerminal, columns)
  const controller = new AbortController()
  const input = new PassThrough()
  input.end(stdin)
  const io: Io = { stdin: input, stdout, stderr, env, cwd, signal: controller.signal }
  return {
    get stdout() {
      return stdout.text
    },
    get stderr() {
      return stderr.text
    },
    interrupt: () => controller.abort(new Interruption(130)),
    ended: main(argv, io).then((code) => ({ code, stdout: stdout.text, stderr: stderr.text })),
  }
}

class Sink extends PassThrough {
  text = ''
  readonly columns: number
  readonly isTTY: boolean

  constructor(isTTY: boolean, columns: number) {
    super()
    this.isTTY = isTTY
    this.columns = columns
    this.setEncoding('utf8')
    this.on('data', (text: string) => {
      this.text += text
    })
  }
}

/** Starts the program in a process of its own, from its source. The caller ends it. */
export function spawnCli(argv: readonly string[], { env = {}, cwd = directory }: RunOptions = {}) {
  const tsx = new URL(import.meta.resolve('tsx')).href
  const source = fileURLToPath(new URL('../src/index.ts', import.meta.url))
  return spawn(process.execPath, ['--conditions=@tidings/source', '--import', tsx, source, ...argv], {
    cwd,
    env: { ...process.env, NO_COLOR: '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}
