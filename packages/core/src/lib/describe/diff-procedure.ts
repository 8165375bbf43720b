import {
  type Change,
  type ChangeSide,
  changeOf,
  type Effect,
  omissionOfDefault,
  optionalNow,
  type Place,
  requiredNow,
  unknown,
  type Verdict,
  verdictsOf,
} from './diff-change.js'
import { compareSchemas } from './diff-schema.js'
import { structureOf } from './diff-value.js'
import type {
  ChannelDocument,
  CommandDocument,
  PayloadDocument,
  PayloadDocuments,
  ProcedureDocument,
  StreamDocument,
} from './document.js'

type Verdicts = Pick<Change, ChangeSide>

const breaksBoth: Verdicts = { clients: 'breaking', servers: 'breaking' }
const breaksClients: Verdicts = { clients: 'breaking', servers: 'safe' }
const breaksServers: Verdicts = { clients: 'safe', servers: 'breaking' }
const isSafe: Verdicts = { clients: 'safe', servers: 'safe' }

/** Compares two versions of a procedure. */
export function compareProcedures(
  path: string,
  before: ProcedureDocument,
  after: ProcedureDocument,
): readonly Change[] {
  if (before.kind !== after.kind) {
    const sentence = `was a ${before.kind} and is a ${after.kind}`
    const advice = `keep the ${before.kind}, and add the ${after.kind} under another name`
    return [changeOf(path, 'kind-changed', breaksBoth, sentence, advice)]
  }
  const deprecated =
    after.deprecated && !before.deprecated
      ? [changeOf(path, 'deprecated', isSafe, `is deprecated now${reasonOf(after.deprecated)}`, '')]
      : []
  if (before.kind === 'channel')
    return [...deprecated, ...compareChannels(path, before, after as ChannelDocument)]
  const calls = compareCalls(path, before, after as CommandDocument | StreamDocument)
  if (before.kind === 'command') return [...deprecated, ...calls]
  return [...deprecated, ...calls, ...compareEvents(path, before.events, (after as StreamDocument).events)]
}

function reasonOf(deprecated: boolean | string): string {
  return typeof deprecated === 'string' ? ` (${deprecated})` : ''
}

function compareChannels(path: string, before: ChannelDocument, after: ChannelDocument): Change[] {
  return [
    ...compareParams(path, before.params, after.params),
    ...compareSnapshots(`${path}.snapshot`, before.snapshot, after.snapshot),
    ...compareEvents(path, before.events, after.events),
  ]
}

/** Compares the params of a channel, which name its topics. */
function compareParams(
  path: string,
  before: ChannelDocument['params'],
  after: ChannelDocument['params'],
): Change[] {
  return namesOf(before, after).flatMap((name) => {
    const at = `${path}.params.${name}`
    const [was, is] = [before[name], after[name]]
    if (was && is) return compareGiven(was, is, { path: at, to: 'servers', isParam: true }, 'param')
    // The other side ignores what it does not declare, and names the topic without it.
    const isDemanded = (was ?? is)?.optional !== true
    const missed: Verdict = isDemanded ? 'breaking' : 'dangerous'
    if (is) {
      const sentence = isDemanded
        ? 'is new and required'
        : 'is new, and old clients name the topics without it'
      const verdicts = { clients: missed, servers: 'dangerous' } as const
      return [changeOf(at, 'param-added', verdicts, sentence, 'give it a default, or add another channel')]
    }
    const verdicts = { clients: 'dangerous', servers: missed } as const
    const sentence = 'is gone, and its topics are one: a client that gives it receives the events of all'
    return [changeOf(at, 'param-removed', verdicts, sentence, '')]
  })
}

function compareSnapshots(
  path: string,
  before: PayloadDocument | undefined,
  after: PayloadDocument | undefined,
): readonly Change[] {
  if (before && after) return comparePayloads(before, after, { path, to: 'clients' })
  if (before) {
    const sentence = 'is gone, and clients that begin with it wait for it'
    return [changeOf(path, 'snapshot-removed', breaksClients, sentence, 'keep it, even if it is empty')]
  }
  if (!after) return []
  const sentence = 'is new: clients without it ignore it, and clients with it wait for it'
  return [changeOf(path, 'snapshot-added', breaksServers, sentence, '')]
}

function compareEvents(path: string, before: PayloadDocuments, after: PayloadDocuments): Change[] {
  return namesOf(before, after).flatMap((name) => {
    const at = `${path}.events.${name}`
    if (!has(before, name)) {
      return [changeOf(at, 'event-added', isSafe, 'is new, and skipped by clients that do not know it', '')]
    }
    if (!has(after, name)) {
      const advice = 'keep sending it until no client is left that handles it'
      return [
        changeOf(at, 'event-removed', breaksClients, 'is gone, and its handlers are never called', advice),
      ]
    }
    return compareData(at, before[name], after[name], true)
  })
}

function compareCalls(
  path: string,
  before: CommandDocument | StreamDocument,
  after: CommandDocument | StreamDocument,
): Change[] {
  return [
    ...compareInputs(`${path}.input`, before.input, after.input),
    ...compareOutputs(`${path}.output`, before.output, after.output),
    ...compareErrors(path, before.errors, after.errors),
  ]
}

function compareInputs(
  path: string,
  before: PayloadDocument | undefined,
  after: PayloadDocument | undefined,
): readonly Change[] {
  if (before && after) return compareGiven(before, after, { path, to: 'servers' }, 'input')
  if (after) {
    const verdicts = { clients: 'breaking', servers: 'dangerous' } as const
    const sentence = 'is new, and clients without it send none'
    return [changeOf(path, 'input-added', verdicts, sentence, 'add another procedure that takes it')]
  }
  if (!before) return []
  const verdicts = { clients: 'dangerous', servers: 'breaking' } as const
  return [changeOf(path, 'input-removed', verdicts, 'is gone, and ignored where clients send it', '')]
}

function compareOutputs(
  path: string,
  before: PayloadDocument | undefined,
  after: PayloadDocument | undefined,
): readonly Change[] {
  if (before && after) return comparePayloads(before, after, { path, to: 'clients' })
  if (before) {
    return [
      changeOf(path, 'output-removed', breaksClients, 'is gone, and clients read it', 'keep returning it'),
    ]
  }
  if (!after) return []
  return [changeOf(path, 'output-added', breaksServers, 'is new, and ignored by clients without it', '')]
}

function compareErrors(path: string, before: PayloadDocuments, after: PayloadDocuments): Change[] {
  return namesOf(before, after).flatMap((name) => {
    const at = `${path}.errors.${name}`
    if (!has(before, name)) {
      const verdicts = { clients: 'dangerous', servers: 'safe' } as const
      return [changeOf(at, 'error-added', verdicts, 'is new, and a code that old clients do not handle', '')]
    }
    if (!has(after, name)) {
      const verdicts = { clients: 'safe', servers: 'dangerous' } as const
      const sentence = 'is gone, and a code that new clients do not handle where an old server sends it'
      return [changeOf(at, 'error-removed', verdicts, sentence, '')]
    }
    return compareData(at, before[name], after[name], false)
  })
}

/** Compares the data of an event or error, which may have none. */
function compareData(
  path: string,
  before: PayloadDocument | null | undefined,
  after: PayloadDocument | null | undefined,
  isEvent: boolean,
): readonly Change[] {
  const at = `${path}.data`
  if (before && after) return comparePayloads(before, after, { path: at, to: 'clients', isEvent })
  if (before) {
    return [changeOf(at, 'data-removed', breaksClients, 'is gone, and clients read it', 'keep sending it')]
  }
  if (!after) return []
  return [changeOf(at, 'data-added', breaksServers, 'is new, and ignored by clients without it', '')]
}

/** Compares what clients give, and whether they may omit it. */
function compareGiven(
  before: PayloadDocument,
  after: PayloadDocument,
  place: Place,
  what: 'param' | 'input',
): readonly Change[] {
  const changes = comparePayloads(before, after, place)
  const { optional: wasOptional = false } = before
  const { optional: isOptional = false } = after
  if (wasOptional === isOptional) return changes
  const omission = ({ wire }: PayloadDocument) => ('default' in wire ? omissionOfDefault(place) : 'breaking')
  const effect: Effect = isOptional
    ? { toOld: omission(after), toNew: 'safe' }
    : { toOld: 'safe', toNew: omission(before) }
  const sentence = isOptional ? optionalNow(effect) : requiredNow(effect)
  const code = `${what}-${isOptional ? 'optional' : 'required'}`
  const advice = 'leave it optional, or give it a default'
  return [changeOf(place.path, code, verdictsOf(place, effect), sentence, advice), ...changes]
}

function comparePayloads(before: PayloadDocument, after: PayloadDocument, place: Place): readonly Change[] {
  const changes = compareSchemas(before.wire, after.wire, place)
  const { path } = place
  const isSameOnTheWire = structureOf(before.wire) === structureOf(after.wire)
  const isOther = (form: 'given' | 'handled') => structureOf(before[form]) !== structureOf(after[form])
  if (!isSameOnTheWire || !(isOther('given') || isOther('handled'))) return changes
  const sentence = 'travels as before and is read as another value, perhaps by another codec'
  return [...changes, changeOf(path, 'codec-changed', verdictsOf(place, unknown), sentence, '')]
}

function namesOf(before: object, after: object): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
}

function has(all: object, name: string): boolean {
  return Object.hasOwn(all, name)
}
