/** How a change affects programs that have the other version of the contract. */
export type Verdict = 'safe' | 'dangerous' | 'breaking'

/** A difference between two versions of a contract. */
export interface Change {
  /** Where: `chat/send`, `room.events.message.data.text`. */
  readonly path: string
  /** What kind of change, for programs: `event-removed`. */
  readonly change: string
  /** What it does to clients that were built with the version before, when the server has the version after. */
  readonly clients: Verdict
  /** What it does to a server that has the version before, when clients have the version after. */
  readonly servers: Verdict
  /** A sentence with the path, what was and what is and, if it breaks, what to do instead. */
  readonly message: string
  /** What to do instead, if it breaks clients or else servers: the end of `message`. */
  readonly advice?: string
}

/** The programs that a change may break. */
export type ChangeSide = 'clients' | 'servers'

const verdicts: readonly Verdict[] = ['safe', 'dangerous', 'breaking']

/** Returns the worst of verdicts, and `safe` for none. */
export function worstOf(given: readonly Verdict[]): Verdict {
  return verdicts[Math.max(0, ...given.map((verdict) => verdicts.indexOf(verdict)))] ?? 'safe'
}

/** Returns the worst verdict of changes, for one side or for both. */
export function worst(changes: readonly Change[], side?: ChangeSide): Verdict {
  return worstOf(
    changes.flatMap(({ clients, servers }) => (side ? [{ clients, servers }[side]] : [clients, servers])),
  )
}

/** Where a value travels. */
export interface Place {
  readonly path: string
  /** Who receives the value. */
  readonly to: ChangeSide
  /** A client skips an event that does not fit, and reports it. A misfit elsewhere fails the call or the snapshot. */
  readonly isEvent?: boolean
  /** Names a topic, by a query string that writes text without quotes. */
  readonly isParam?: boolean
}

/** What a change does to values between the two versions. */
export interface Effect {
  /** To values that the version after writes, and the version before reads. */
  readonly toOld: Verdict
  /** To values that the version before writes, and the version after reads. */
  readonly toNew: Verdict
}

/** The version after writes values that the version before may not read. */
export const widened: Effect = { toOld: 'breaking', toNew: 'safe' }
/** The version after does not read all values that the version before writes. */
export const narrowed: Effect = { toOld: 'safe', toNew: 'breaking' }
export const incompatible: Effect = { toOld: 'breaking', toNew: 'breaking' }
/** The schemas do not tell. */
export const unknown: Effect = { toOld: 'dangerous', toNew: 'dangerous' }
export const harmless: Effect = { toOld: 'safe', toNew: 'safe' }

/** Returns the effect of omitting a default, which clients of Tidings send and other HTTP clients may not. */
export function omissionOfDefault({ to }: Place): Verdict {
  return to === 'servers' ? 'dangerous' : 'safe'
}

export function optionalNow({ toOld }: Effect): string {
  return `was required and may be omitted now${toOld === 'dangerous' ? filled : ''}`
}

export function requiredNow({ toNew }: Effect): string {
  return `could be omitted and is required now${toNew === 'dangerous' ? filled : ''}`
}

const filled = ': clients of Tidings send the default, and other HTTP clients may not'

/** Returns the effect of going from the version after to that before. */
export function reversed({ toOld, toNew }: Effect): Effect {
  return { toOld: toNew, toNew: toOld }
}

/** Returns the verdicts for both sides. The server reads with `after` while clients of `before` write, and the reverse. */
export function verdictsOf({ to }: Place, { toOld, toNew }: Effect): Pick<Change, ChangeSide> {
  return to === 'clients' ? { clients: toOld, servers: toNew } : { clients: toNew, servers: toOld }
}

/** Makes a change. `advice` says what to do instead if it breaks clients. */
export function changeOf(
  path: string,
  change: string,
  verdictsFor: Pick<Change, ChangeSide>,
  sentence: string,
  advice: string,
): Change {
  const { clients, servers } = verdictsFor
  const message = `${path} ${sentence}`
  const instead =
    clients === 'breaking'
      ? advice
      : servers === 'breaking'
        ? 'deploy every server before the first client that has it'
        : ''
  if (instead === '') return { path, change, clients, servers, message }
  return { path, change, clients, servers, message: `${message}: ${instead}`, advice: instead }
}
