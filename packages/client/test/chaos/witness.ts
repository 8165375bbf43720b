/** What was emitted: for each emitter and topic, whether an emit was resolved. */
export class Emitted {
  readonly #resolved = new Map<string, Set<number>>()
  count = 0

  note(by: string, topic: string, n: number, ok: boolean): void {
    if (!ok) return
    this.count += 1
    const key = `${by} ${topic}`
    const resolved = this.#resolved.get(key) ?? new Set()
    this.#resolved.set(key, resolved.add(n))
  }

  /** The first event after one and before another that was resolved for. */
  resolvedBetween(by: string, topic: string, after: number, before: number): number | undefined {
    const resolved = this.#resolved.get(`${by} ${topic}`)
    for (let n = after + 1; n < before; n += 1) if (resolved?.has(n)) return n
    return undefined
  }

  /** The last event of each emitter in a topic that was resolved for. */
  lastOf(topic: string): ReadonlyMap<string, number> {
    const last = new Map<string, number>()
    for (const [key, resolved] of this.#resolved) {
      const [by = '', name] = key.split(' ')
      if (name === topic) last.set(by, Math.max(...resolved))
    }
    return last
  }
}

interface Hole {
  readonly by: string
  readonly after: number
  readonly before: number
}

/**
 * One subscriber of one topic. What each emitter emits has to come in its order and once; what is left out between two
 * gaps must be nothing that was resolved for, which is looked at in the end, when that is known.
 */
export class Witness {
  readonly topic: string
  readonly who: string
  readonly faults: string[] = []
  readonly last = new Map<string, number>()
  readonly #holes: Hole[] = []
  /** How many gaps had been told when each emitter was heard last. */
  readonly #heardAt = new Map<string, number>()
  gaps = 0
  events = 0

  constructor(who: string, topic: string) {
    this.who = who
    this.topic = topic
  }

  event({ by, n }: { by: string; n: number }): void {
    this.events += 1
    const last = this.last.get(by)
    if (last !== undefined && n <= last)
      this.faults.push(`${this.who} ${this.topic}: ${by} ${n} after ${last}`)
    // Who had begun before this subscriber was there is not owed from the first.
    const isCovered = last === undefined || this.#heardAt.get(by) !== this.gaps
    if (!isCovered && n > last + 1) this.#holes.push({ by, after: last, before: n })
    this.last.set(by, n)
    this.#heardAt.set(by, this.gaps)
  }

  /** From now on somebody emits who has not before: their first event is owed. */
  began(by: string): void {
    this.last.set(by, 0)
    this.#heardAt.set(by, this.gaps)
  }

  gap(): void {
    this.gaps += 1
  }

  /** What it should not have seen, or should have seen. */
  judge(emitted: Emitted): readonly string[] {
    const missed = this.#holes.flatMap(({ by, after, before }) => {
      const n = emitted.resolvedBetween(by, this.topic, after, before)
      return n === undefined
        ? []
        : [`${this.who} ${this.topic}: ${by} ${n} is missing between ${after} and ${before}`]
    })
    const unheard = [...emitted.lastOf(this.topic)].flatMap(([by, n]) => {
      const last = this.last.get(by)
      // After it was heard last there may have been a gap.
      const isCovered = last === undefined || last >= n || this.#heardAt.get(by) !== this.gaps
      return isCovered ? [] : [`${this.who} ${this.topic}: ${by} ${n} is missing at the end, after ${last}`]
    })
    return [...this.faults, ...missed, ...unheard]
  }
}
