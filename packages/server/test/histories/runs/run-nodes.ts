import { createServer } from '../../../src/index.js'
import { nodeHandler } from '../../../src/node.js'
import type { Stage } from '../history.js'
import { passTime } from './run-clock.js'
import { runContract } from './run-contract.js'
import { type RunStyle, runHandler } from './run-handler.js'
import type { RunJoint } from './run-joint.js'
import type { RunLedger } from './run-ledger.js'

/** The nodes of a history, one on each stage. */
export class RunNodes {
  readonly #stages: readonly Stage[]
  readonly #ledger: RunLedger
  readonly #styles: readonly RunStyle[]
  readonly #joint: RunJoint | undefined
  readonly #nodes: ReturnType<RunNodes['start']>[]
  /** How many nodes were started. */
  #started = 0
  /** The number of the node that runs on each stage. */
  readonly #numbers: number[] = []
  #turnOf = 0

  constructor(
    stages: readonly Stage[],
    ledger: RunLedger,
    styles: readonly RunStyle[],
    joint: RunJoint | undefined,
  ) {
    this.#stages = stages
    this.#ledger = ledger
    this.#styles = styles
    this.#joint = joint
    this.#nodes = stages.map((_, index) => this.start(index))
  }

  /** The port of another node each time. */
  get nextPort(): number {
    this.#turnOf += 1
    return (this.#stages[this.#turnOf % this.#stages.length] as Stage).port
  }

  /** What the nodes count. */
  get stats() {
    return this.#nodes.map((node) => node.stats())
  }

  start(index: number) {
    this.#started += 1
    this.#numbers[index] = this.#started
    const tidings = createServer(
      runContract,
      {
        context: ({ headers }) => ({ user: headers.get('x-user') }),
        principal: ({ user }) => user ?? undefined,
        stallMs: 1_000_000_000,
        maxConnectionMs: Number.POSITIVE_INFINITY,
        onError: () => {},
        ...(this.#joint && { bus: this.#joint.connect(index) }),
      },
      { count: { run: runHandler(this.#ledger, this.#styles, this.#started), ...this.#ledger.bounds } },
    )
    ;(this.#stages[index] as Stage).handler = nodeHandler(tidings)
    return tidings
  }

  /** Replaces a node by another. Returns its port. */
  restart(): number {
    const index = this.#doom()
    void this.#nodes[index]?.close({ drainMs: 0 })
    this.#nodes[index] = this.start(index)
    return (this.#stages[index] as Stage).port
  }

  /** Cuts a node off from the bus. Returns its port. */
  isolate(): number {
    const index = this.#doom()
    this.#joint?.isolate(index)
    return (this.#stages[index] as Stage).port
  }

  async close(): Promise<void> {
    const closed = Promise.all(this.#nodes.map((node) => node.close({ drainMs: 0 })))
    let isClosed = false
    void closed.finally(() => {
      isClosed = true
    })
    while (!isClosed) await passTime(500, () => {}, 500)
    await closed
  }

  #doom(): number {
    const index = this.#turnOf % this.#nodes.length
    this.#ledger.dooms(this.#numbers[index] ?? 0)
    return index
  }
}
