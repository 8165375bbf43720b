import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { channel, defineContract } from '@tidings/core'
import { createServer, type ServerOptions } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { listen } from '@tidings/test-kit'
import { onTestFinished } from 'vitest'
import type { Finding } from '../../src/lib/doctor/finding.js'
import { run } from '../run-cli.js'

const contract = defineContract({ ticks: channel({ events: { tick: undefined } }) })

/** A finding as `--json` prints it. */
export type Printed = Finding & {
  readonly fixes: readonly {
    readonly proxy: string
    readonly where: string
    readonly lines: readonly string[]
  }[]
}

export interface Diagnosis {
  readonly code: number
  readonly findings: readonly Printed[]
  of(check: Finding['check']): Printed
  /** The names of the checks that found a fault or a warning. */
  readonly complaints: readonly string[]
  /** The lines that fix a check's finding with a proxy. */
  lines(check: Finding['check'], proxy: string): string
}

export interface ServerSettings {
  /** What responses have as `Cache-Control`, in place of what the server sends. */
  readonly cacheControl?: string | undefined
  readonly options?: ServerOptions<undefined>
}

/** Starts a server at `/events` of a port, and returns the port. */
export async function startServer(
  heartbeatMs: number,
  { cacheControl, options = {} }: ServerSettings = {},
): Promise<number> {
  const tidings = createServer(contract, { heartbeatMs, ...options }, {})
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const handle = nodeHandler(tidings)
  const { port } = await listen((request, response) => {
    if (cacheControl !== undefined) replaceCacheControl(response, cacheControl)
    handle(request, response)
  })
  return port
}

function replaceCacheControl(response: ServerResponse, cacheControl: string): void {
  const writeHead = response.writeHead.bind(response)
  response.writeHead = ((status: number, headers: OutgoingHttpHeaders) =>
    writeHead(status, { ...headers, 'Cache-Control': cacheControl })) as typeof response.writeHead
}

/** Runs `tidings doctor … --json`. */
export async function doctor(url: string, ...options: string[]): Promise<Diagnosis> {
  const { code, stdout, stderr } = await run(['doctor', url, '--json', ...options])
  if (stderr !== '') throw new Error(stderr)
  const findings = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Printed)
  const of = (check: Finding['check']) => {
    const found = findings.find((finding) => finding.check === check)
    if (!found) throw new Error(`There is no finding about ${check}:\n${stdout}`)
    return found
  }
  return {
    code,
    findings,
    of,
    complaints: findings
      .filter(({ verdict }) => verdict === 'fault' || verdict === 'warning')
      .map(({ check }) => check),
    lines: (check, proxy) =>
      of(check)
        .fixes.filter((fix) => fix.proxy === proxy)
        .flatMap(({ lines }) => lines)
        .join('\n'),
  }
}
