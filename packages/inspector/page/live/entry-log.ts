/** What happened on a topic, as a line of its list. */
export interface Entry {
  /** Counts the entries of the topic from 0. */
  readonly index: number
  /** When it arrived, in milliseconds since the epoch. */
  readonly at: number
  /**
   * - `event`, `snapshot`: a payload, as the JSON that travelled.
   * - `gap`: events were missed.
   * - `problem`: a refusal, or a payload that does not fit the contract.
   * - `connection`: what happened to the connection that carries the topic.
   */
  readonly kind: 'event' | 'snapshot' | 'gap' | 'problem' | 'connection'
  /** The name of the event; for others, what happened in a word or two. */
  readonly name: string
  /** The position after it. */
  readonly cursor?: string | undefined
  /** The JSON of a payload, or a sentence. */
  readonly text: string
}

/** Which entries are shown. Those that are neither event nor snapshot always are, unless a text is searched for. */
export interface EntryFilter {
  /** In the name or the text, whatever the case. */
  readonly text: string
  /** The names of the events to show. Empty shows all. */
  readonly names: readonly string[]
}

/** What the view of a log reads. It is replaced when the log changes, at most once a frame. */
export interface LogView {
  /** The entries that pass the filter, oldest first. Not a copy: read it while rendering. */
  readonly shown: readonly Entry[]
  /** How many entries that passed the filter are no longer kept. It rises; a list moves up by the difference. */
  readonly shownDropped: number
  /** Events that have arrived. */
  readonly events: number
  /** Entries that are no longer kept. */
  readonly dropped: number
  readonly isPaused: boolean
  /** Entries that arrived since the pause, and pass the filter. */
  readonly held: number
  readonly filter: EntryFilter
}

/** How much a log keeps. */
export interface EntryLimits {
  readonly entries: number
  /** Of all texts, in UTF-16 code units. */
  readonly characters: number
}

export const defaultLimits: EntryLimits = { entries: 2_000, characters: 8_000_000 }

/** A log that stands still. */
interface Paused {
  /** What was shown when it was paused, and passes the filter. */
  readonly shown: readonly Entry[]
  readonly shownDropped: number
  /** The index of the first entry since. */
  readonly index: number
  /** Entries since that pass the filter. */
  held: number
}

const everything: EntryFilter = { text: '', names: [] }

/**
 * The newest entries of a topic, filtered. What is no longer kept is counted.
 *
 * Entries may arrive by the thousand: those of one frame notify once.
 */
export class EntryLog {
  readonly #limits: EntryLimits
  readonly #schedule: (notify: () => void) => void
  readonly #listeners = new Set<() => void>()
  #kept: Entry[] = []
  #characters = 0
  #next = 0
  #events = 0
  #dropped = 0
  #shown: Entry[] = []
  #shownDropped = 0
  #filter = everything
  #paused: Paused | undefined
  #view: LogView | undefined
  #isScheduled = false

  /** @param schedule calls back before the next frame is painted */
  constructor(limits: EntryLimits = defaultLimits, schedule: (notify: () => void) => void = nextFrame) {
    this.#limits = limits
    this.#schedule = schedule
  }

  get view(): LogView {
    this.#view ??= this.#read()
    return this.#view
  }

  add(entry: Omit<Entry, 'index' | 'at'>): void {
    const added: Entry = { ...entry, index: this.#next, at: Date.now() }
    this.#next += 1
    if (entry.kind === 'event') this.#events += 1
    this.#kept.push(added)
    this.#characters += added.text.length
    if (passes(added, this.#filter)) {
      this.#shown.push(added)
      if (this.#paused) this.#paused.held += 1
    }
    // In a page that is hidden no frame is painted, and what is kept must not grow.
    if (this.#kept.length >= 2 * this.#limits.entries || this.#characters >= 2 * this.#limits.characters)
      this.#trim()
    this.#changed()
  }

  setFilter(filter: Partial<EntryFilter>): void {
    this.#filter = { ...this.#filter, ...filter }
    this.#shown = this.#kept.filter((entry) => passes(entry, this.#filter))
    this.#shownDropped = 0
    if (this.#paused) this.#pauseAt(this.#paused.index)
    this.#changed()
  }

  /** Stops the list. Entries go on arriving, and are counted. */
  pause(): void {
    if (this.#paused) return
    this.#trim()
    this.#pauseAt(this.#next)
    this.#changed()
  }

  resume(): void {
    this.#paused = undefined
    this.#changed()
  }

  clear(): void {
    this.#kept = []
    this.#shown = []
    this.#characters = 0
    this.#dropped = 0
    this.#shownDropped = 0
    this.#events = 0
    if (this.#paused) this.#pauseAt(this.#next)
    this.#changed()
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #pauseAt(index: number): void {
    const shown = this.#shown.filter((entry) => entry.index < index)
    this.#paused = { shown, shownDropped: this.#shownDropped, index, held: this.#shown.length - shown.length }
  }

  #changed(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#schedule(() => {
      this.#isScheduled = false
      this.#trim()
      this.#view = undefined
      for (const listener of this.#listeners) listener()
    })
  }

  #read(): LogView {
    const paused = this.#paused
    const { shown, shownDropped } = paused ?? { shown: this.#shown, shownDropped: this.#shownDropped }
    return {
      shown,
      shownDropped,
      events: this.#events,
      dropped: this.#dropped,
      isPaused: paused !== undefined,
      held: paused?.held ?? 0,
      filter: this.#filter,
    }
  }

  #trim(): void {
    let count = Math.max(0, this.#kept.length - this.#limits.entries)
    for (let at = 0; at < count; at += 1) this.#characters -= (this.#kept[at] as Entry).text.length
    // The newest is kept, however long it is.
    while (this.#characters > this.#limits.characters && count < this.#kept.length - 1) {
      this.#characters -= (this.#kept[count] as Entry).text.length
      count += 1
    }
    if (count === 0) return
    this.#kept.splice(0, count)
    this.#dropped += count
    const hidden = firstAt(this.#shown, (this.#kept[0] as Entry).index)
    this.#shown.splice(0, hidden)
    this.#shownDropped += hidden
  }
}

/** Returns the place of the first entry with this index or a later one. */
function firstAt(entries: readonly Entry[], index: number): number {
  let from = 0
  let to = entries.length
  while (from < to) {
    const middle = (from + to) >> 1
    if ((entries[middle] as Entry).index < index) from = middle + 1
    else to = middle
  }
  return from
}

function passes({ kind, name, text }: Entry, filter: EntryFilter): boolean {
  if (filter.names.length > 0 && kind === 'event' && !filter.names.includes(name)) return false
  if (filter.text === '') return true
  const wanted = filter.text.toLowerCase()
  return name.toLowerCase().includes(wanted) || text.toLowerCase().includes(wanted)
}

function nextFrame(notify: () => void): void {
  requestAnimationFrame(notify)
}
