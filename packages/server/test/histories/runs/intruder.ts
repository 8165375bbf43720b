import { RawReader } from '../raw-reader.js'
import type { RunStep } from './run-history.js'
import type { RunLedger, RunRecord } from './run-ledger.js'
import { asStarter, inputOf } from './run-reader.js'
import { send } from './send.js'

type Attempt = Extract<RunStep, { type: 'intrude' }>['by']

/** Tries what only who has started a run may do. */
export class Intruder {
  readonly #ledger: RunLedger

  constructor(ledger: RunLedger) {
    this.#ledger = ledger
  }

  /** Resolves when a start has been answered, which would begin another run if the first were gone meanwhile. */
  async tries(port: number, index: number, by: Attempt): Promise<void> {
    const record = this.#ledger.runs[index] as RunRecord
    const { id, key } = record
    const wasGone = this.#ledger.mayBeGone(record)
    const isRefused = (expected: string, code: string) => {
      if (code === expected || (wasGone && code === 'not_found')) return
      if (!this.#ledger.mayRefuse(record, undefined, code))
        this.#ledger.fail(`an intruder is answered with ${code}, not ${expected}`)
    }
    if (by === 'attach') {
      new RawReader(
        port,
        { path: `/events/${key}`, headers: 'x-user: eve\r\n' },
        {
          event: ({ event }) => this.#ledger.fail(`an intruder receives ${event}`),
          closed: () => {},
          broken: (why) => this.#ledger.fail(why),
          refused: (_, body) => isRefused('forbidden', (JSON.parse(body) as { code: string }).code),
        },
      )
      return
    }
    // It would begin a run of its own, if there is none of that id.
    const isStart = by !== 'cancel'
    if (isStart && (!record.life || this.#ledger.mayBeGone(record))) return
    const path = isStart ? '/events/count' : `/events/$runs/${id}`
    const body = isStart ? inputOf(id, by === 'other input' ? 'other' : 'mine') : undefined
    const headers = {
      ...(by === 'other input' ? asStarter : { 'x-user': 'eve' }),
      ...(isStart && { prefer: 'respond-async', 'idempotency-key': id }),
    }
    const sent = send(port, path, body, headers).then((response) => {
      if (!response) return
      const { code } = (response.body ?? { code: response.status }) as { code: string }
      isRefused(isStart ? 'conflict' : 'forbidden', code)
    })
    if (isStart) await sent
  }
}
