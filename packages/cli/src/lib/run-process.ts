import { exitCode } from './exit-code.js'
import { Interruption } from './io.js'
import { main } from './main.js'

/** Runs the program with the process' own arguments, streams and signals, and sets its exit code. */
export async function runProcess(): Promise<void> {
  const controller = new AbortController()
  const end = (code: number) => {
    // A second signal ends the program without waiting for what it holds.
    if (controller.signal.aborted) process.exit(code)
    controller.abort(new Interruption(code))
  }
  process.on('SIGINT', () => end(exitCode.interrupted))
  process.on('SIGTERM', () => end(exitCode.terminated))
  for (const stream of [process.stdout, process.stderr]) {
    // The reader of the output, such as `head`, has closed it.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      if (!controller.signal.aborted) controller.abort(new Interruption(exitCode.ok))
    })
  }
  const { stdin, stdout, stderr, env } = process
  const code = await main(process.argv.slice(2), {
    stdin,
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    signal: controller.signal,
  })
  process.exitCode = code
  // What a contract's module left running does not keep the program. Written output is not cut off.
  setTimeout(() => process.exit(code), 500).unref()
}
