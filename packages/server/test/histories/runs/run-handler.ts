import type { Handlers } from '../../../src/index.js'
import type { runContract } from './run-contract.js'
import type { RunLedger } from './run-ledger.js'
import type { RunLife } from './run-life.js'

/** How a handler goes about its work. */
export interface RunStyle {
  /** `hasty`: does not await what it emits. */
  readonly kind: 'generator' | 'function' | 'hasty'
  /** Whether it goes on after its signal has fired. */
  readonly isStubborn: boolean
}

type Handler = Extract<Handlers<typeof runContract, unknown>['count'], (...args: never) => unknown>
type Request = Parameters<Handler>[0]

/** Returns the handler of a node, which does what the history adds to the life of its run. */
export function runHandler(ledger: RunLedger, styles: readonly RunStyle[], node: number) {
  return (request: Request) => {
    const life = ledger.begin(request.input.run, node, request.signal)
    const { kind, isStubborn } = styles[request.input.run] as RunStyle
    if (kind === 'generator') return generate(life, request, isStubborn)
    return emitAll(life, request, isStubborn, kind === 'hasty', ledger)
  }
}

async function* generate(life: RunLife, { fail }: Request, isStubborn: boolean) {
  try {
    for (;;) {
      const act = await life.next(isStubborn)
      if (act.type === 'finish') return life.finish(act.how, fail)
      yield { type: 'item' as const, data: life.item(act.bytes) }
    }
  } finally {
    life.settled()
  }
}

async function emitAll(
  life: RunLife,
  { emit, fail, signal }: Request,
  isStubborn: boolean,
  isHasty: boolean,
  ledger: RunLedger,
) {
  try {
    for (;;) {
      const act = await life.next(isStubborn)
      if (act.type === 'finish') return life.finish(act.how, fail)
      const sent = emit.item(life.item(act.bytes)).catch((error: unknown) => {
        if (!signal.aborted && !life.isOver) ledger.emitRejected(life, error)
      })
      if (!isHasty) await sent
    }
  } finally {
    life.settled()
  }
}
