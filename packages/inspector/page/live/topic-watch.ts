import type { TidingsError } from '@tidings/core'
import type { ChannelDocument } from '@tidings/core/describe'
import type { UntypedChannel } from '../untyped-client.js'
import { type Entry, EntryLog } from './entry-log.js'
import type { Network } from './network.js'

type UntypedTopic = ReturnType<UntypedChannel>

/**
 * - `subscribing`: the topic was requested, or its connection is lost.
 * - `live`: events arrive.
 * - `delayed`: the server refused it for now, and the client retries.
 * - `refused`: the server refused it for good.
 */
export type WatchStatus = 'subscribing' | 'live' | 'delayed' | 'refused'

/** A subscription whose events are shown. */
export class TopicWatch {
  readonly key: string
  readonly path: string
  readonly params: unknown
  readonly channel: ChannelDocument
  readonly log = new EntryLog()
  readonly #topic: UntypedTopic
  readonly #network: Network
  readonly #onChanged: () => void
  #status: WatchStatus = 'subscribing'
  #problem: TidingsError | undefined
  /** The position after the newest event, snapshot or gap. */
  #position: string | undefined
  #stop: (() => void) | undefined

  constructor(
    {
      path,
      params,
      channel,
      topic,
    }: Readonly<{ path: string; params: unknown; channel: ChannelDocument; topic: UntypedTopic }>,
    network: Network,
    onChanged: () => void,
  ) {
    this.key = topic.key
    this.path = path
    this.params = params
    this.channel = channel
    this.#topic = topic
    this.#network = network
    this.#onChanged = onChanged
    this.start()
  }

  get status(): WatchStatus {
    return this.#status
  }

  /** The position after the newest event, snapshot or gap. */
  get cursor(): string | undefined {
    return this.#position
  }

  /** Why the server refused the topic, for now or for good. */
  get problem(): TidingsError | undefined {
    return this.#problem
  }

  /** Subscribes, again if the server has refused. */
  start(): void {
    this.stop()
    this.#position = undefined
    this.#set('subscribing')
    const events = Object.keys(this.channel.events).map((name) => [
      name,
      (payload: unknown) => this.#add('event', name, payload),
    ])
    this.#stop = this.#topic.subscribe({
      ...Object.fromEntries(events),
      ...(this.channel.snapshot && {
        snapshot: (state: unknown) => this.#add('snapshot', '$snapshot', state),
      }),
      gap: ({ reason, cursor }: { reason: string; cursor: string }) =>
        this.#log({ kind: 'gap', name: 'gap', cursor, text: `${gapText(reason)} Continues after ${cursor}` }),
      error: (problem: TidingsError, { isFinal }: { isFinal: boolean }) => this.#onRefused(problem, isFinal),
    } as never)
  }

  stop(): void {
    this.#stop?.()
    this.#stop = undefined
  }

  /** Called when the server has begun the topic. */
  onSubscribed(cursor: string | undefined): void {
    const last = this.#position
    this.#set('live')
    if (last === undefined) {
      this.#log({
        kind: 'connection',
        name: 'subscribed',
        cursor,
        text: cursor ? `after ${cursor}` : 'from its state',
      })
    } else if (cursor === last) {
      this.#log({ kind: 'connection', name: 'resumed', cursor, text: `after ${last}: nothing was lost` })
    } else {
      this.#log({ kind: 'connection', name: 'resumed', cursor, text: `asked for what follows ${last}` })
    }
  }

  /** Called when the connection was lost. */
  onLost(problem: TidingsError | undefined): void {
    if (this.#status !== 'live') return
    this.#set('subscribing')
    const why = this.#network.isCut
      ? 'The connection was cut here'
      : (problem?.message ?? 'The connection was lost')
    this.log.add({ kind: 'connection', name: 'lost', text: why })
  }

  /** Called with a payload that does not fit the contract. */
  onMisfit(problem: TidingsError, event: string, data: string): void {
    const { id = '' } = this.#network.current ?? {}
    this.log.add({
      kind: 'problem',
      name: event,
      cursor: id || undefined,
      text: `${problem.message} ${data}`,
    })
  }

  #onRefused(problem: TidingsError, isFinal: boolean): void {
    this.#problem = problem
    const status = problem.status === undefined ? '' : `${problem.status} `
    this.log.add({
      kind: 'problem',
      name: isFinal ? 'refused' : 'delayed',
      text: `${status}${problem.code}: ${problem.message}`,
    })
    this.#set(isFinal ? 'refused' : 'delayed')
  }

  #add(kind: 'event' | 'snapshot', name: string, payload: unknown): void {
    const { current } = this.#network
    const frame = current?.name === name ? current : undefined
    // A payload that the client has held back is not that of the newest frame.
    const text = frame?.data ?? JSON.stringify(payload) ?? 'null'
    this.#log({ kind, name: kind === 'snapshot' ? 'snapshot' : name, cursor: frame?.id, text })
  }

  #log(entry: Omit<Entry, 'index' | 'at'>): void {
    const isFirst = this.#position === undefined && entry.cursor !== undefined
    this.#position = entry.cursor ?? this.#position
    this.log.add(entry)
    if (isFirst) this.#onChanged()
  }

  #set(status: WatchStatus): void {
    if (status === 'live' || status === 'subscribing') this.#problem = undefined
    this.#status = status
    this.#onChanged()
  }
}

/** Returns why events were missed, as a sentence. */
function gapText(reason: string): string {
  return gapTexts[reason] ?? `Events were missed: ${reason}.`
}

const gapTexts: Readonly<Record<string, string>> = {
  expired: 'expired: the history no longer has the events after the last position.',
  history_lost: 'history_lost: the server restarted, or the topic was unused for too long.',
  invalid: 'invalid: the position is not one of this topic.',
  late: 'late: the topic became live later than it was asked for.',
}
