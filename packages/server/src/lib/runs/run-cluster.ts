import type { Bus } from '../bus/bus.js'
import { BusCheck, type Checked } from '../log/bus-check.js'
import type { WriteBatcher } from '../log/write-batcher.js'
import { FollowedRuns } from './followed-runs.js'
import { HostedRuns } from './hosted-runs.js'
import type { ReadersReport } from './run-readers.js'
import { RunRecords } from './run-records.js'
import type { RunRoom } from './run-room.js'

/** This node, as one of several that share a bus. */
export interface RunNode {
  readonly bus: Bus
  readonly nodeId: string
  /** Sends reports to a node. */
  report(node: string, reports: readonly ReadersReport[]): void
}

/** The runs of all nodes that share a bus. See decision 016. */
export class RunCluster {
  readonly nodeId: string
  readonly records: RunRecords
  readonly hosted: HostedRuns
  readonly followed: FollowedRuns
  readonly #check: BusCheck

  constructor(node: RunNode, writes: WriteBatcher, room: RunRoom) {
    const { bus, nodeId } = node
    this.nodeId = nodeId
    this.records = new RunRecords(bus)
    this.hosted = new HostedRuns(bus, nodeId, this.records)
    this.followed = new FollowedRuns({
      bus,
      records: this.records,
      writes,
      room,
      report: (...to) => node.report(...to),
    })
    this.#check = new BusCheck(bus, () => this.#running())
  }

  async close(): Promise<void> {
    this.#check.stop()
    this.followed.close()
    await this.hosted.close()
  }

  *#running(): Iterable<Checked> {
    yield* this.hosted.running
    yield* this.followed.running
  }
}
