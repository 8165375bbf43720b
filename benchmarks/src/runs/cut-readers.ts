// Clients whose connections are cut over and over, in a process of their own: see cuts.ts.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createClient } from '@tidings/client'
import { serveParent } from '../lib/child.js'
import { runContract, type Work } from './contract.js'

/** What one client has seen of its run. */
export interface CutReading {
  readonly received: number
  /** Events that were not the next one. */
  readonly outOfOrder: number
  readonly cuts: number
  /** From each cut to the first event after it, in milliseconds. */
  readonly resumedMs: readonly number[]
  /** Why the run failed. */
  readonly failure: string | undefined
}

/** Connects a client with the nodes in turn, and can cut its connections. */
class CuttingProxy {
  readonly #sockets = new Set<Socket>()
  readonly #server
  #next: number

  constructor(ports: readonly number[], first: number) {
    this.#next = first
    this.#server = createServer((incoming) => {
      const port = ports[this.#next % ports.length] as number
      this.#next += 1
      const outgoing = connect(port, '127.0.0.1')
      for (const socket of [incoming, outgoing]) {
        this.#sockets.add(socket)
        socket.setNoDelay()
        socket.on('error', () => {})
        socket.on('close', () => this.#sockets.delete(socket))
      }
      incoming.pipe(outgoing).pipe(incoming)
    })
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  close(): void {
    this.#server.close()
    this.cut()
  }
}

/** A time between half and one and a half of another. */
function around(ms: number): number {
  return ms * (0.5 + Math.random())
}

async function read(proxy: CuttingProxy, work: Work, cutEveryMs: number): Promise<CutReading> {
  const url = `http://127.0.0.1:${await proxy.listen()}/events`
  const client = createClient(runContract, { url, reconnect: { minMs: 25 } })
  const resumedMs: number[] = []
  let [received, outOfOrder, cuts] = [0, 0, 0]
  let cutAt: number | undefined
  let failure: string | undefined
  let timer: NodeJS.Timeout | undefined
  const cutLater = () => {
    timer = setTimeout(() => {
      cuts += 1
      cutAt = performance.now()
      proxy.cut()
    }, around(cutEveryMs))
  }
  cutLater()
  try {
    const run = client.generated(work)
    for await (const { data } of run) {
      received += 1
      if (data.seq !== received) outOfOrder += 1
      if (cutAt === undefined) continue
      resumedMs.push(performance.now() - cutAt)
      cutAt = undefined
      cutLater()
    }
    const { events } = await run.output
    if (events !== work.events) failure = `The output is ${events}`
  } catch (error) {
    failure = String(error)
  } finally {
    clearTimeout(timer)
    client.close()
    proxy.close()
  }
  return { received, outOfOrder, cuts, resumedMs, failure }
}

const commands = {
  /** Reads a run with each client to its end. */
  read: ({
    ports,
    clients,
    work,
    cutEveryMs,
  }: {
    ports: readonly number[]
    clients: number
    work: Work
    cutEveryMs: number
  }) =>
    Promise.all(
      Array.from({ length: clients }, (_, n) => read(new CuttingProxy(ports, n), work, cutEveryMs)),
    ),
}

export type CutReadersCommands = typeof commands

serveParent(commands)
