import { CliError } from '../exit-code.js'
import { unreachable } from '../request.js'
import { Caller } from './caller.js'
import { checkBodySize } from './checks/body-size.js'
import { cachingFinding } from './checks/caching.js'
import { checkControl } from './checks/control.js'
import { checkDelay } from './checks/delay.js'
import { firstEventFinding, firstEventMs, missingEventFinding } from './checks/first-event.js'
import { checkLeaving } from './checks/leaving.js'
import { checkMount } from './checks/mount.js'
import { checkCors, checkHost } from './checks/origins.js'
import { checkAuthorization, checkRequestHeaders } from './checks/request-headers.js'
import { checkResponseHeaders, isEventStream } from './checks/response-headers.js'
import { checkSilence } from './checks/silence.js'
import {
  described,
  type Examination,
  type ExaminationOptions,
  type OpenConnection,
  openStream,
} from './examination.js'
import type { CheckName, Finding } from './finding.js'
import { askMalformed } from './malformed.js'
import { type ProxyName, recognize, titleOf } from './proxy.js'
import { reach } from './reach.js'
import type { Target } from './target.js'
import type { WatchedStream } from './watched-stream.js'

export interface DiagnosisOptions extends ExaminationOptions {
  /** The proxy in front, if it is known. */
  readonly proxy: ProxyName | undefined
}

/** Where a diagnosis tells what it finds. */
export interface Observer {
  /** Called once the proxies in front are known, before any finding with a remedy. */
  onProxies(proxies: readonly ProxyName[]): void
  onFinding(finding: Finding): void
  onProgress(what: string, done: number): void
}

/**
 * Examines what is between this program and a server, in half a minute or less.
 *
 * @throws CliError if the server cannot be reached
 */
export async function diagnose(
  target: Target,
  options: DiagnosisOptions,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  const reached = await reach(target)
  if (!reached.isTrusted) {
    observer.onProxies(options.proxy ? [options.proxy] : [])
    for (const finding of reached.findings) observer.onFinding(finding)
    return
  }
  const caller = new Caller(target, reached.protocol)
  const examination: Examination = {
    target,
    protocol: reached.protocol,
    caller,
    options,
    signal,
    report: (finding) => observer.onFinding(finding),
    progress: (what, done) => observer.onProgress(what, done),
  }
  try {
    const [mounted, malformed] = await Promise.all([checkMount(examination), askMalformed(target)])
    const proxies = options.proxy ? [options.proxy] : recognize(mounted.answer.headers, malformed)
    observer.onProxies(proxies)
    for (const finding of reached.findings) observer.onFinding(finding)
    observer.onFinding(proxyFinding(proxies, options.proxy !== undefined, mounted.answer.headers))
    observer.onFinding(mounted.finding)
    if (mounted.isServer) await examineStreams(examination, mounted.answer.ms)
  } catch (error) {
    if (signal.aborted || error instanceof CliError) throw error
    throw unreachable(target.url.href.replace(/\/+$/, ''), error, target.timeoutMs)
  } finally {
    caller.close()
  }
}

function proxyFinding(
  proxies: readonly ProxyName[],
  isGiven: boolean,
  { via, server }: Readonly<Record<string, string>>,
): Finding {
  const check = 'proxy'
  const names = proxies.map(titleOf).join(', ')
  const shown = [via && `Via: ${via}`, server && `Server: ${server}`].filter(
    (text) => text !== undefined && text !== '',
  )
  const details = shown.length > 0 ? [shown.join(', ')] : []
  if (isGiven) return { check, verdict: 'ok', fact: `${names}, as you say`, details }
  if (names) return { check, verdict: 'ok', fact: names, details }
  return {
    check,
    verdict: 'ok',
    fact: 'none recognized',
    details: [...details, 'If there is one, name it: --proxy nginx. Fixes are then for that proxy'],
  }
}

async function examineStreams(examination: Examination, healthMs: number): Promise<void> {
  const { report, signal, progress } = examination
  const waitMs = firstEventMs(examination, healthMs)
  progress('opening two event streams', 0)
  const opening = [openStream(examination, waitMs), openStream(examination, waitMs)]
  const [first, second] = (await Promise.allSettled(opening)).map((result) =>
    result.status === 'fulfilled' ? result.value : undefined,
  )
  const streams = [first, second].filter((stream) => stream !== undefined)
  try {
    const refused = streams.find(({ exchange }) => !isEventStream(exchange))
    if (refused) {
      report(preventing(await refusal(refused), 'there is no event stream', streamChecks, examination))
      return
    }
    await Promise.all(streams.map((stream) => stream.waitFor(({ name }) => name === '$open', waitMs, signal)))
    if (signal.aborted) return
    const open = streams.map(connectionOf).filter((connection) => connection !== undefined)
    const [idle, busy] = open
    if (!idle) {
      const [stream] = streams
      const headers = stream ? checkResponseHeaders(stream.exchange) : []
      const missing = missingEventFinding(stream, waitMs, healthMs)
      const examined = headers.map(({ check }) => check)
      const prevented = streamChecks.filter((check) => !examined.includes(check))
      report(preventing(missing, 'no event came', prevented, examination))
      for (const finding of headers) report(finding)
      return
    }
    report(firstEventFinding(idle.stream, healthMs))
    for (const finding of checkResponseHeaders(idle.stream.exchange)) report(finding)
    const caching = cachingFinding(
      idle.stream,
      streams.find((stream) => stream !== idle.stream),
    )
    report(caching)
    await examineConnection(examination, idle, caching.verdict === 'ok' ? busy : undefined)
  } finally {
    for (const stream of streams) stream.leave()
  }
}

/** The checks that make control requests, in the order of the report. */
const controlSteps: readonly (readonly [
  CheckName,
  (examination: Examination, connection: OpenConnection) => Promise<Finding | undefined>,
])[] = [
  ['delay', checkDelay],
  ['request headers', checkRequestHeaders],
  ['authorization', checkAuthorization],
  ['host', checkHost],
  ['cross-origin', checkCors],
  ['body size', checkBodySize],
]

const controlChecks: readonly CheckName[] = [...controlSteps.map(([check]) => check), 'leaving']

const streamChecks: readonly CheckName[] = [
  'response headers',
  'compression',
  'caching',
  'control requests',
  ...controlChecks,
  'silence',
]

/** Adds to a fault the checks that it prevents. */
function preventing(
  finding: Finding,
  why: string,
  checks: readonly CheckName[],
  { options }: Examination,
): Finding {
  const names = checks.filter((check) => check !== 'cross-origin' || options.origin !== undefined)
  const detail = `Not examined, because ${why}: ${names.join(', ')}. Fix this, and run doctor again`
  return { ...finding, details: [...(finding.details ?? []), detail] }
}

/** Examines what a working connection needs. */
async function examineConnection(
  examination: Examination,
  idle: OpenConnection,
  busy: OpenConnection | undefined,
): Promise<void> {
  const { report, progress, signal } = examination
  progress('posting control requests', 0)
  const control = await checkControl(examination, idle.id)
  const isOk = control.verdict === 'ok'
  report(isOk ? control : preventing(control, 'they need control requests', controlChecks, examination))
  if (isOk) {
    for (const [, step] of controlSteps) {
      if (signal.aborted) return
      progress('examining what control requests show', 0)
      const finding = await step(examination, idle)
      if (finding) report(finding)
    }
  }
  const [leaving, silence] = await Promise.all([
    isOk ? checkLeaving(examination) : undefined,
    checkSilence(examination, idle, isOk ? busy : undefined),
  ])
  // A watch that was interrupted shows nothing.
  if (signal.aborted) return
  if (leaving) report(leaving)
  report(silence)
}

function connectionOf(stream: WatchedStream): OpenConnection | undefined {
  const { open } = stream
  return open?.id === undefined ? undefined : { stream, id: open.id, open }
}

async function refusal({ exchange }: WatchedStream): Promise<Finding> {
  const check = 'first event'
  const { status, headers } = exchange
  const fact = `GET of the mount answers ${described(exchange)} in place of an event stream`
  if (status === 401 || status === 403) {
    const advice = 'Pass credentials with --token or --header'
    return { check, verdict: 'fault', fact, advice }
  }
  if (status >= 300 && status < 400) {
    const advice = `Clients do not follow redirects. Give them the URL: ${headers['location']}`
    return { check, verdict: 'fault', fact, advice }
  }
  return {
    check,
    verdict: 'fault',
    fact,
    advice: '$health is answered, and the mount is not: let the proxy pass on both',
    remedies: [{ of: 'path' }],
  }
}
