import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** What a child process can be asked to do. Arguments and results travel as JSON. */
export type Commands = Record<string, (argument: never) => unknown>

interface Question {
  readonly name: string
  readonly argument: unknown
}

type Answer = { readonly result: unknown } | { readonly error: string }

/** In a child: does what it is asked, one thing at a time, and ends when its parent does. */
export function answerParent(commands: Commands): void {
  process.on('message', async ({ name, argument }: Question) => {
    let answer: Answer
    try {
      answer = { result: await commands[name]?.(argument as never) }
    } catch (error) {
      answer = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
    // The parent may have ended meanwhile: then there is nobody to tell.
    process.send?.(answer, () => {})
  })
  process.on('disconnect', () => process.exit())
}

/** A child process that answers {@link Commands}. */
export class Child<Known extends Commands> {
  readonly #name: string
  readonly #process: ChildProcess

  /** @param module what the package exports it as */
  constructor(module: string, name: string, args: readonly string[] = []) {
    this.#name = name
    this.#process = fork(require.resolve(module), args, {
      execArgv: ['--expose-gc'],
      env: { ...process.env, NODE_ENV: 'production' },
    })
  }

  /** Asks for one thing, and waits for it. */
  async ask<Name extends keyof Known & string>(
    name: Name,
    ...[argument]: Parameters<Known[Name]>
  ): Promise<Awaited<ReturnType<Known[Name]>>> {
    const over = new AbortController()
    const { signal } = over
    try {
      const answered = once(this.#process, 'message', { signal })
      const ended = once(this.#process, 'exit', { signal }).then(([code, killedBy]) => {
        throw new Error(`${this.#name} ended while it was asked to ${name}: ${killedBy ?? code}`)
      })
      this.#process.send({ name, argument } satisfies Question)
      const [answer] = (await Promise.race([answered, ended])) as [Answer]
      if ('error' in answer) throw new Error(`${this.#name} could not ${name}: ${answer.error}`)
      return answer.result as Awaited<ReturnType<Known[Name]>>
    } finally {
      over.abort()
    }
  }

  /** Ends the process, and waits until it has ended. */
  async end(): Promise<void> {
    const { exitCode, signalCode } = this.#process
    if (exitCode !== null || signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exited
  }
}
