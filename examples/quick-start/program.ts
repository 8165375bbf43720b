import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Program {
  readonly child: ChildProcess
  /** Returns what it has printed. */
  printed(): string
  /** Its exit code. */
  readonly exited: Promise<number | null>
}

/** Runs a command. */
export function run(command: string, ...args: string[]): Program {
  const child = spawn(command, args)
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  return { child, printed: () => printed, exited }
}

/** Runs a file of TypeScript with Node. */
export function runFile(file: string, ...args: string[]): Program {
  return run(process.execPath, '--conditions=@tidings/source', '--import', 'tsx', file, ...args)
}
