import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

/**
 * Writes the tests that failed to a file, each with its error, and those that passed when they were run once more.
 * `scripts/run-tests.mjs` prints the file after all output.
 */
export class FailureList implements Reporter {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly { message: string }[]): void {
    for (const module of modules) {
      // A module fails by itself if it cannot be imported, for one.
      this.#add(module, module.errors())
      for (const suite of module.children.allSuites()) this.#add(module, suite.errors(), suite.fullName)
      for (const test of module.children.allTests('failed'))
        this.#add(module, test.result().errors ?? [], test.fullName)
      for (const test of module.children.allTests('passed')) {
        if (test.diagnostic()?.flaky)
          this.#add(module, test.result().errors ?? [], `${test.fullName} (passed when run again)`)
      }
    }
    for (const { message } of unhandledErrors) this.#write('an error outside of tests', message)
  }

  #add(module: TestModule, errors: readonly { message: string }[], name?: string): void {
    const file = relative(import.meta.dirname, module.moduleId)
    for (const { message } of errors) this.#write(name === undefined ? file : `${file} > ${name}`, message)
  }

  #write(what: string, message: string): void {
    const start = message.split('\n').slice(0, 5).join('\n      ')
    appendFileSync(this.#file, `  ${what}\n      ${start}\n`)
  }
}
