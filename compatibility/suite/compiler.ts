import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The versions of TypeScript that the packages support, one of each workspace `typescript-*`. */
export const versions = ['5.5', '5.7', '5.9', '6.0', '7.0'] as const
export type Version = (typeof versions)[number]

function pathOf(version: Version): string {
  const { resolve } = createRequire(join(import.meta.dirname, `../typescript-${version}/package.json`))
  return join(dirname(resolve('typescript/package.json')), 'bin/tsc')
}

/** Runs the compiler of a version in a folder, and returns what it prints. */
export function outputOf(version: Version, folder: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const command = [pathOf(version), ...args, '--pretty', 'false']
    execFile(process.execPath, command, { cwd: folder }, (error, stdout, stderr) => {
      // A program with errors makes the compiler end with 1 or 2.
      if (error && error.code !== 1 && error.code !== 2) reject(error)
      else resolve(stdout + stderr)
    })
  })
}

/** Returns the lines of a compiler's output that are errors. */
export function errorsIn(output: string): string[] {
  return output.split('\n').filter((line) => line.includes('error TS'))
}

/** Runs the compiler of a version in a folder, and returns its errors. */
export async function compile(
  version: Version,
  folder: string,
  args: readonly string[],
): Promise<readonly string[]> {
  return errorsIn(await outputOf(version, folder, args))
}
