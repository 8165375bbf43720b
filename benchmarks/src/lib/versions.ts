import { readFile } from 'node:fs/promises'

/** Returns the installed version of every package that is compared. */
export async function versionsOf(root: URL): Promise<Readonly<Record<string, string>>> {
  const [own, lock] = await Promise.all([
    readJson<{ devDependencies: Record<string, string> }>(new URL('benchmarks/package.json', root)),
    readJson<{ packages: Record<string, { version?: string }> }>(new URL('package-lock.json', root)),
  ])
  const names = Object.keys(own.devDependencies).filter((name) => !/^@(types|tidings)\//.test(name))
  return Object.fromEntries(
    names.map((name) => {
      const installed =
        lock.packages[`benchmarks/node_modules/${name}`] ?? lock.packages[`node_modules/${name}`]
      return [name, installed?.version ?? 'unknown']
    }),
  )
}

async function readJson<Content>(file: URL): Promise<Content> {
  return JSON.parse(await readFile(file, 'utf8'))
}
