import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { configureNginx } from './nginx'
import { freePort, isListening } from './ports'
import { Program } from './program'
import type { ToolPaths } from './tools'

const nodeNames = ['node 1', 'node 2', 'node 3'] as const

/** A program of the cluster that runs, and its port on 127.0.0.1. */
export interface Place {
  readonly name: string
  readonly port: number
  readonly pid: number | undefined
}

/** Redis, three nodes of the chat, and nginx in front of them: all of them its own, on 127.0.0.1. */
export class Cluster {
  readonly #tools: ToolPaths
  readonly #lost: (name: string, how: string) => void
  readonly #folder = mkdtempSync(join(tmpdir(), 'tidings-chat-'))
  readonly #programs: Program[] = []
  #isUp = false
  #ending: Promise<void> | undefined

  /** @param lost told of a program that has ended without being told to, once all of them were there */
  constructor(tools: ToolPaths, lost: (name: string, how: string) => void) {
    this.#tools = tools
    this.#lost = lost
  }

  /** Starts all of it, and tells what runs where. @throws if something does not start */
  async start(port: number): Promise<Place[]> {
    const redis = await this.#startRedis(await freePort())
    const nodes = await Promise.all(nodeNames.map((name) => this.#startNode(name, redis.port)))
    const nodePorts = nodes.map((node) => node.port)
    const nginx = await this.#startNginx(port, nodePorts)
    this.#isUp = true
    return [nginx, ...nodes, redis]
  }

  /** Ends what has been started, and leaves nothing. Ending twice is ending once. */
  end(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async #end(): Promise<void> {
    // The nodes first, so that they can take leave of their clients through nginx, and of Redis.
    const isNode = ({ name }: Program) => name.startsWith('node')
    await Promise.all(this.#programs.filter(isNode).map((node) => node.end()))
    await Promise.all(this.#programs.map((program) => program.end()))
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #startRedis(port: number): Promise<Place> {
    const settings = { port, bind: '127.0.0.1', dir: this.#folder, save: '', appendonly: 'no' }
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
    const program = this.#run('redis', this.#tools['redis-server'], args)
    await program.ready(() => isListening(port))
    return placeOf(program, port)
  }

  async #startNode(name: string, redisPort: number): Promise<Place> {
    const program = this.#run(name, process.execPath, [beside('./server.js')], {
      HOST: '127.0.0.1',
      PORT: '0',
      NODE_NAME: name,
      REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    })
    const port = Number(/:(\d+)$/.exec(await program.firstLine())?.[1])
    return placeOf(program, port)
  }

  async #startNginx(port: number, nodePorts: readonly number[]): Promise<Place> {
    const args = await configureNginx(this.#folder, port, nodePorts, beside('../nginx/proxy.conf'))
    const program = this.#run('nginx', this.#tools.nginx, args)
    await program.ready(async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/events/$health`).catch(() => undefined)
      await answer?.body?.cancel()
      return answer?.ok === true
    })
    return placeOf(program, port)
  }

  #run(name: string, command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Program {
    if (this.#ending) throw new Error('The cluster has been told to end')
    const program = new Program(name, command, args, env)
    this.#programs.push(program)
    void program.ended.then((how) => {
      if (this.#isUp && !this.#ending) this.#lost(name, how)
    })
    return program
  }
}

function placeOf({ name, pid }: Program, port: number): Place {
  return { name, pid, port }
}

/** A file that is found from the built program. */
function beside(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
