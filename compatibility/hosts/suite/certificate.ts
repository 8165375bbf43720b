import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, fetch as fetchOf } from 'undici'

/** A certificate of 127.0.0.1, in a folder of its own. */
export interface Certificate {
  /** The folder with `key.pem` and `cert.pem`. */
  readonly folder: string
  readonly text: string
}

/** Has OpenSSL make a certificate. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'tidings-hosts-'))
  const { status, stderr } = spawnSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', 'key.pem', '-out', 'cert.pem', '-subj', '/CN=tidings', '-days', '1'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1'],
    ],
    { cwd: folder, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`openssl made no certificate: ${stderr}`)
  return { folder, text: readFileSync(join(folder, 'cert.pem'), 'utf8') }
}

export function removeCertificate({ folder }: Certificate): void {
  rmSync(folder, { recursive: true })
}

/** Returns a `fetch` that trusts a certificate, and speaks HTTP/2 if the server does. */
export function fetchOver(certificate: Certificate, allowH2: boolean) {
  const dispatcher = new Agent({ allowH2, connect: { ca: certificate.text } })
  const fetch = (url: string, init: RequestInit) => fetchOf(url, { ...(init as object), dispatcher })
  return { fetch: fetch as unknown as typeof globalThis.fetch, close: () => dispatcher.destroy() }
}
