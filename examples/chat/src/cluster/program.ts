import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'

/** How long a program may take to end before it is killed. */
const killAfterMs = 5_000

/** A running program. Its errors are printed with its name. */
export class Program {
  readonly name: string
  /** Resolves with how it ended. */
  readonly ended: Promise<string>
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #lines: NodeJS.EventEmitter

  constructor(name: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.name = name
    this.#child = spawn(command, args, {
      // In a process group of its own, so that Ctrl-C reaches only the cluster, which ends its programs in
      // order.
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#lines = createInterface(this.#child.stdout)
    createInterface(this.#child.stderr).on('line', (line) => console.error(`${name}: ${line}`))
    this.ended = once(this.#child, 'exit').then(
      ([code, signal]) => String(signal ?? code),
      (error: Error) => error.message,
    )
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Resolves with the first line of output. @throws if the program ends before */
  async firstLine(): Promise<string> {
    const [line] = await this.#whileRunning(once(this.#lines, 'line'))
    return line as string
  }

  /** Polls until the program is ready. @throws if it ends before */
  async ready(isReady: () => Promise<boolean>): Promise<void> {
    while (!(await this.#whileRunning(isReady()))) await pause(20)
  }

  async end(): Promise<void> {
    this.#child.kill('SIGTERM')
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), killAfterMs)
    await this.ended
    clearTimeout(kill)
  }

  #whileRunning<Result>(result: Promise<Result>): Promise<Result> {
    const endedEarly = this.ended.then((how) => Promise.reject(new Error(`${this.name} has ended: ${how}`)))
    return Promise.race([result, endedEarly])
  }
}
