import { Cluster, type RunningProgram } from './cluster'
import { freePort } from './ports'
import { findTools } from './tools'

const found = findTools()
if ('missing' in found) {
  for (const line of found.missing) console.error(line)
  process.exit(1)
}

const cluster = new Cluster(found.paths, (name, how) => {
  if (name.startsWith('node')) console.log(`${name} has ended (${how}). nginx continues with the other nodes`)
  else void stop(1, `${name} has ended (${how})`)
})
// Not once: npm forwards Ctrl-C, which the terminal sends to every process, so the signal comes twice.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0))

try {
  // Without PORT, the cluster takes the next free port, as the chat does.
  const chosen = process.env['PORT']
  const programs = await cluster.start(await freePort(Number(chosen ?? 3000), chosen === undefined ? 100 : 1))
  console.log(welcome(programs))
} catch (error) {
  await stop(1, (error as Error).message)
}

async function stop(code: number, reason?: string): Promise<void> {
  if (reason) console.error(reason)
  await cluster.end()
  process.exit(code)
}

function welcome(programs: readonly RunningProgram[]): string {
  const rows = programs.map(
    ({ name, port, pid }) => `  ${name.padEnd(6)}  127.0.0.1:${String(port).padEnd(5)}  pid ${pid}`,
  )
  return `Chat is running at http://localhost:${programs[0]?.port}

${rows.join('\n')}

Open it in two windows. Each message shows the node that received it, and reaches every window.
Kill a node (kill -9 and its pid) and keep chatting. Ctrl-C ends every program.`
}
