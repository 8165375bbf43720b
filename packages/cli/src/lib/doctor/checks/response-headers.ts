import { eventStreamContentType } from '@tidings/core/wire'
import type { Exchange } from '../caller.js'
import type { Finding } from '../finding.js'

/** What `Cache-Control` of an event stream contains. */
const directives = ['private', 'no-cache', 'no-transform']

/** Compares the headers of an event stream with those that the server sends. */
export function checkResponseHeaders({ headers }: Pick<Exchange, 'headers'>): Finding[] {
  return [contentHeaders(headers), compression(headers)]
}

function contentHeaders(headers: Exchange['headers']): Finding {
  const check = 'response headers'
  const cacheControl = headers['cache-control'] ?? ''
  const given = cacheControl.toLowerCase().split(/\s*,\s*/)
  const missing = directives.filter((directive) => !given.includes(directive))
  if (
    missing.length > 0 ||
    given.some((directive) => /^(s-)?maxage=[1-9]|^max-age=[1-9]|^public$/.test(directive))
  ) {
    return {
      check,
      verdict: 'fault',
      fact: `Cache-Control was changed: ${cacheControl === '' ? 'it is missing' : cacheControl}`,
      details: [`The server sends: ${directives.join(', ')}`],
      advice:
        'Pass on the Cache-Control of the server: caches and compressors between here and the client obey it',
      remedies: [{ of: 'response header', header: 'Cache-Control' }],
    }
  }
  if (headers['x-content-type-options'] !== 'nosniff') {
    return {
      check,
      verdict: 'warning',
      fact: `X-Content-Type-Options was ${headers['x-content-type-options'] === undefined ? 'removed' : 'changed'}`,
      advice: 'Pass on the header. It keeps browsers from guessing the type of a response',
      remedies: [{ of: 'response header', header: 'X-Content-Type-Options' }],
    }
  }
  const buffering =
    headers['x-accel-buffering'] === undefined ? ['X-Accel-Buffering was taken out, as nginx does'] : []
  return { check, verdict: 'ok', fact: 'as the server sends them', details: buffering }
}

function compression(headers: Exchange['headers']): Finding {
  const check = 'compression'
  const coding = headers['content-encoding']
  if (!coding || coding === 'identity') return { check, verdict: 'ok', fact: 'none' }
  return {
    check,
    verdict: 'fault',
    fact: `the event stream is compressed: Content-Encoding: ${coding}`,
    details: [
      'A compressor keeps state for each connection, and one that does not flush after each write holds events back',
    ],
    advice: 'Do not compress text/event-stream',
    remedies: [{ of: 'compression' }],
  }
}

/** Whether a response is an event stream. */
export function isEventStream({ status, headers }: Pick<Exchange, 'status' | 'headers'>): boolean {
  return status === 200 && (headers['content-type'] ?? '').toLowerCase().startsWith(eventStreamContentType)
}
