import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { unreachable } from '../request.js'
import { duration } from './examination.js'
import type { Finding } from './finding.js'
import { hostOf, type Protocol, portOf, type Target } from './target.js'

/** What connecting showed. */
export interface Reached {
  /** What a browser would use. */
  readonly protocol: Protocol
  readonly findings: readonly Finding[]
  /** Whether requests may be made: the certificate is valid, or does not matter. */
  readonly isTrusted: boolean
}

const soonMs = 14 * 24 * 60 * 60 * 1000

/** Connects once, and measures each step. @throws CliError if the server cannot be reached */
export async function reach(target: Target): Promise<Reached> {
  const { url, timeoutMs } = target
  const steps: string[] = []
  const timed = async <Value>(what: string, step: Promise<Value>): Promise<Value> => {
    const from = performance.now()
    const value = await step
    steps.push(`${what} ${duration(performance.now() - from)}`)
    return value
  }
  let address = hostOf(target)
  let socket: Socket | undefined
  try {
    if (!isIP(address)) address = (await timed('DNS', lookup(address))).address
    socket = connectTcp({ host: address, port: portOf(target) })
    await timed('TCP', connected(socket, 'connect', timeoutMs))
    const tls = url.protocol === 'https:' ? secure(socket, target) : undefined
    if (tls) await timed('TLS', connected(tls, 'secureConnect', timeoutMs))
    const connection: Finding = {
      check: 'connection',
      verdict: 'ok',
      fact: `${address} port ${portOf(target)}: ${steps.join(', ')}`,
    }
    const found = tls ? certificate(tls, target) : undefined
    const protocol: Protocol = tls?.alpnProtocol === 'h2' ? 'HTTP/2' : 'HTTP/1.1'
    return {
      protocol,
      findings: [connection, ...(found ? [found] : []), httpVersion(protocol, tls !== undefined)],
      isTrusted: found?.verdict !== 'fault' || target.insecure,
    }
  } catch (error) {
    throw unreachable(url.href.replace(/\/+$/, ''), error, timeoutMs)
  } finally {
    socket?.destroy()
  }
}

function secure(socket: Socket, target: Target): TLSSocket {
  const host = hostOf(target)
  return connectTls({
    socket,
    // An invalid certificate is a finding.
    rejectUnauthorized: false,
    ALPNProtocols: ['h2', 'http/1.1'],
    ...(isIP(host) ? {} : { servername: host }),
    host,
  })
}

async function connected(socket: Socket, event: string, ms: number): Promise<void> {
  await once(socket, event, { signal: AbortSignal.timeout(ms) }).catch((error) => {
    throw error instanceof Error && error.name === 'AbortError' ? (error.cause ?? error) : error
  })
}

function certificate(tls: TLSSocket, { insecure }: Target): Finding {
  const check = 'certificate'
  if (!tls.authorized) {
    const reason = tls.authorizationError as unknown
    const code = reason instanceof Error ? reason.message : String(reason)
    return {
      check,
      verdict: 'fault',
      fact: `clients refuse the certificate: ${code}`,
      ...(insecure ? {} : { details: ['No requests were made. `--insecure` makes them all the same'] }),
      advice:
        'Use a certificate of a known authority for this host, with all intermediate certificates. For an authority of your own: NODE_EXTRA_CA_CERTS=<file>',
    }
  }
  const expiry = Date.parse(tls.getPeerCertificate().valid_to)
  const days = Math.floor((expiry - Date.now()) / 86_400_000)
  const fact = `${tls.getProtocol() ?? 'TLS'}, valid for ${days} days`
  if (expiry - Date.now() > soonMs) return { check, verdict: 'ok', fact }
  return { check, verdict: 'warning', fact, advice: 'Renew the certificate' }
}

function httpVersion(protocol: Protocol, isTls: boolean): Finding {
  const check = 'http version'
  if (protocol === 'HTTP/2') return { check, verdict: 'ok', fact: 'HTTP/2' }
  const limit =
    'A browser opens at most six HTTP/1.1 connections to a host, in all tabs together, and each client holds one. `share: true` in the client lets all tabs use one'
  if (!isTls) {
    const details = [limit, 'Browsers speak HTTP/2 only over TLS']
    return { check, verdict: 'ok', fact: 'HTTP/1.1, without TLS', details }
  }
  return {
    check,
    verdict: 'warning',
    fact: 'HTTP/1.1: HTTP/2 is not offered',
    details: [limit],
    advice: 'Offer HTTP/2, which has no such limit',
    remedies: [{ of: 'http2' }],
  }
}
