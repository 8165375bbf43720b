import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { node, type Runtime } from './runtimes.js'

/** Returns Node with the packages of another checkout. The modules of the benchmark stay its own. */
export function withPackagesOf(checkout: string): Runtime {
  const hook = new URL('resolve-from.js', import.meta.url)
  const importer = pathToFileURL(resolve(checkout, 'benchmarks/package.json'))
  const register = `import { register } from 'node:module'; register('${hook}', { data: '${importer}' })`
  return {
    ...node,
    execArgv: [...node.execArgv, '--import', `data:text/javascript,${encodeURIComponent(register)}`],
  }
}
