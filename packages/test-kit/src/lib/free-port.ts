import { createServer, type Server } from 'node:net'

/** Below the ports that systems give to outgoing connections, and above those that browsers refuse. */
const blocks = { firstPort: 20_000, size: 100, count: 120 }

/** How many blocks a process holds at most, so that every process finds one. */
const maxBlocks = 10

/** One server for each block that this process holds, listening on the first port of its block. The newest is last. */
const guards: Server[] = []

let nextBlock = Math.floor(Math.random() * blocks.count)
let nextPort = 0
let endOfBlock = 0
let taking: Promise<void> | undefined

/**
 * Has a server listen on a free port of 127.0.0.1, and returns the port.
 *
 * The system would choose among the ports that it also gives to outgoing connections. A server that is stopped and
 * started again on its port would then find that port taken, now and then, by a test that runs at the same time.
 *
 * Processes take ports from blocks of their own. A port that is free while a server starts, or is restarted, would
 * else be given to the test of another process.
 *
 * A process is given each port once: `fetch` keeps connections by host and port, and would send a test's request on
 * a connection to the server of the test before, which has stopped.
 */
export async function listenOnFreePort(server: Server): Promise<number> {
  while (true) {
    const port = await takePort()
    if (await canListen(server, port)) return port
  }
}

/** Returns a port of 127.0.0.1 that was free a moment ago, for a process that a test starts. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listenOnFreePort(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function takePort(): Promise<number> {
  while (nextPort === endOfBlock) {
    taking ??= takeBlock().finally(() => {
      taking = undefined
    })
    await taking
  }
  return nextPort++
}

/** Takes the next block that no other process holds. The system releases the blocks of a process that has ended. */
async function takeBlock(): Promise<void> {
  for (let tried = 0; tried < blocks.count; tried += 1) {
    const guardedPort = blocks.firstPort + nextBlock * blocks.size
    nextBlock = (nextBlock + 1) % blocks.count
    const guard = createServer((socket) => socket.destroy()).unref()
    if (!(await canListen(guard, guardedPort))) continue
    guards.push(guard)
    if (guards.length > maxBlocks) guards.shift()?.close()
    nextPort = guardedPort + 1
    endOfBlock = guardedPort + blocks.size
    return
  }
  const end = blocks.firstPort + blocks.count * blocks.size
  throw new Error(`Other processes hold all ports from ${blocks.firstPort} to ${end - 1}`)
}

/** Has a server listen on a port of 127.0.0.1. Resolves with `false` where the port is taken. */
function canListen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    }
    server.once('error', failed)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', failed)
      resolve(true)
    })
  })
}
