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

/** A running program of the cluster, and its port on 127.0.0.1. */
export interface RunningProgram {
  readonly name: string
  readonly port: number
  readonly pid: number | undefined
}

/** Redis, three nodes of the chat, and nginx in front of them, on 127.0.0.1. */
export class Cluster {
  readonly #tools: ToolPaths
  readonly #onExit: (name: string, how: string) => void
  readonly #folder = mkdtempSync(join(tmpdir(), 'tidings-chat-'))
  readonly #programs: Program[] = []
  #isUp = false
  #ending: Promise<void> | undefined

  /** @param onExit called when a program ends unexpectedly, after all have started */
  constructor(tools: ToolPaths, onExit: (name: string, how: string) => void) {
    this.#tools = tools
    this.#onExit = onExit
  }

  /** Starts every program, and resolves with them. @throws if one does not start */
  async start(port: number): Promise<RunningProgram[]> {
    const redis = await this.#startRedis(await freePort())
    const nodes = await Promise.all(nodeNames.map((name) => this.#startNode(name, redis.port)))
    const nodePorts = nodes.map((node) => node.port)
    const nginx = await this.#startNginx(port, nodePorts)
    this.#isUp = true
    return [nginx, ...nodes, redis]
  }

  /** Ends every program and deletes their files. May be called again. */
  end(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async #end(): Promise<void> {
    // The nodes end first, while nginx can deliver their last frames and Redis still runs.
    const isNode = ({ name }: Program) => name.startsWith('node')
    await Promise.all(this.#programs.filter(isNode).map((node) => node.end()))
    await Promise.all(this.#programs.map((program) => program.end()))
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #startRedis(port: number): Promise<RunningProgram> {
    const settings = { port, bind: '127.0.0.1', dir: this.#folder, save: '', appendonly: 'no' }
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
    const program = this.#run('redis', this.#tools['redis-server'], args)
    await program.ready(() => isListening(port))
    return runningOf(program, port)
  }

  async #startNode(name: string, redisPort: number): Promise<RunningProgram> {
    const program = this.#run(name, process.execPath, [beside('./server.js')], {
      HOST: '127.0.0.1',
      PORT: '0',
      NODE_NAME: name,
      REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    })
    const port = Number(/:(\d+)$/.exec(await program.firstLine())?.[1])
    return runningOf(program, port)
  }

  async #startNginx(port: number, nodePorts: readonly number[]): Promise<RunningProgram> {
    const args = await configureNginx(this.#folder, port, nodePorts, beside('../nginx/proxy.conf'))
    const program = this.#run('nginx', this.#tools.nginx, args)
    await program.ready(async () => {
      const response = await fetch(`http://127.0.0.1:${port}/events/$health`).catch(() => undefined)
      await response?.body?.cancel()
      return response?.ok === true
    })
    return runningOf(program, port)
  }

  #run(name: string, command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Program {
    if (this.#ending) throw new Error('The cluster is ending')
    const program = new Program(name, command, args, env)
    this.#programs.push(program)
    void program.ended.then((how) => {
      if (this.#isUp && !this.#ending) this.#onExit(name, how)
    })
    return program
  }
}

function runningOf({ name, pid }: Program, port: number): RunningProgram {
  return { name, pid, port }
}

/** The path of a file relative to the built program. */
function beside(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
