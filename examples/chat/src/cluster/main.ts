import { Cluster, type Place } from './cluster'
import { freePort } from './ports'
import { findTools } from './tools'

const found = findTools()
if ('missing' in found) {
  for (const line of found.missing) console.error(line)
  process.exit(1)
}

const cluster = new Cluster(found.paths, (name, how) => {
  if (name.startsWith('node')) console.log(`${name} has ended (${how}): nginx goes on with the others`)
  else void stop(1, `${name} has ended (${how})`)
})
// Not once: npm passes on what Ctrl-C has sent to all, so that it comes twice.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0))

try {
  // Like the chat alone: without a port of its own choice, it takes the next free one.
  const chosen = process.env['PORT']
  const places = await cluster.start(await freePort(Number(chosen ?? 3000), chosen === undefined ? 100 : 1))
  console.log(welcome(places))
} catch (error) {
  await stop(1, (error as Error).message)
}

async function stop(code: number, reason?: string): Promise<void> {
  if (reason) console.error(reason)
  await cluster.end()
  process.exit(code)
}

function welcome(places: readonly Place[]): string {
  const rows = places.map(
    ({ name, port, pid }) => `  ${name.padEnd(6)}  127.0.0.1:${String(port).padEnd(5)}  pid ${pid}`,
  )
  return `Chat is running at http://localhost:${places[0]?.port}

${rows.join('\n')}

Open it in two windows: each message tells which node has taken it, and reaches all.
Kill a node (kill -9 and its pid) and go on. Ctrl-C ends all of it.`
}
