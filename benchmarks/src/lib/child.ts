import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { node, type Runtime } from './runtimes.js'

const require = createRequire(import.meta.url)

/** The commands of a child process. Arguments and results are sent as JSON. */
export type Commands = Record<string, (argument: never) => unknown>

interface CommandCall {
  readonly name: string
  readonly argument: unknown
}

type CommandOutcome = { readonly result: unknown } | { readonly error: string }

/** In a child process: runs the commands that the parent calls, and ends with the parent. */
export function serveParent(commands: Commands): void {
  process.on('message', async ({ name, argument }: CommandCall) => {
    let outcome: CommandOutcome
    try {
      outcome = { result: await commands[name]?.(argument as never) }
    } catch (error) {
      outcome = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
    // The parent may have ended meanwhile.
    process.send?.(outcome, () => {})
  })
  process.on('disconnect', () => process.exit())
}

/** A child process that runs {@link Commands}. */
export class Child<Known extends Commands> {
  readonly #name: string
  readonly #process: ChildProcess

  /** @param module the package's export that the process runs */
  constructor(module: string, name: string, args: readonly string[] = [], runtime: Runtime = node) {
    this.#name = name
    this.#process = fork(require.resolve(module), args, {
      ...runtime,
      // Bun and Deno understand no other.
      serialization: 'json',
      env: { ...process.env, NODE_ENV: 'production' },
    })
  }

  /** Runs a command, and resolves with its result. Run one at a time. */
  async call<Name extends keyof Known & string>(
    name: Name,
    ...[argument]: Parameters<Known[Name]>
  ): Promise<Awaited<ReturnType<Known[Name]>>> {
    const done = new AbortController()
    const { signal } = done
    try {
      const responded = once(this.#process, 'message', { signal })
      const ended = once(this.#process, 'exit', { signal }).then(([code, killedBy]) => {
        throw new Error(`${this.#name} ended during ${name}: ${killedBy ?? code}`)
      })
      this.#process.send({ name, argument } satisfies CommandCall)
      const [outcome] = (await Promise.race([responded, ended])) as [CommandOutcome]
      if ('error' in outcome) throw new Error(`${this.#name} could not ${name}: ${outcome.error}`)
      return outcome.result as Awaited<ReturnType<Known[Name]>>
    } finally {
      done.abort()
    }
  }

  /** Kills the process, and resolves once it has ended. */
  async end(): Promise<void> {
    const { exitCode, signalCode } = this.#process
    if (exitCode !== null || signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exited
  }
}
