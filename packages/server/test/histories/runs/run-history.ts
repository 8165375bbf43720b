import * as fc from 'fast-check'
import type { RunStyle } from './run-handler.js'
import type { Finish } from './run-life.js'
import type { From } from './run-reader.js'

export const runCount = 2
/** Two clients with a connection each, which reads all runs, and a plain reader of each run. */
export const readerCount = 3 * runCount

/** The times that matter to a run, in milliseconds. */
export const runMs = { linger: 5_000, lease: 10_000, keep: 60_000 } as const

/** Something that happens. */
export type RunStep =
  | { readonly type: 'yield'; readonly run: number; readonly count: number; readonly bytes: number }
  | { readonly type: 'finish'; readonly run: number; readonly how: Finish }
  | { readonly type: 'start' | 'detach' | 'hold' | 'pause' | 'resume'; readonly who: number }
  | { readonly type: 'attach'; readonly who: number; readonly from: From }
  | { readonly type: 'cut'; readonly who: number; readonly after: number }
  | { readonly type: 'cancel'; readonly run: number }
  /** Somebody else tries what only who has started the run may. */
  | {
      readonly type: 'intrude'
      readonly run: number
      readonly by: 'attach' | 'cancel' | 'start' | 'other input'
    }
  /** So many times one of the times in {@link runMs} passes. */
  | { readonly type: 'wait'; readonly of: keyof typeof runMs; readonly part: number }
  | { readonly type: 'restart' }
  /** A node is cut off from the bus for a while. */
  | { readonly type: 'isolate' | 'rejoin' }
  /** The bus loses all it has. */
  | { readonly type: 'lose' }

/** How a history comes to its end. */
export type Ending = 'finish' | 'cancel' | 'detach' | 'abandon'

/** All that makes a history of runs, so that it can be played again. */
export interface RunHistory {
  readonly styles: readonly RunStyle[]
  /** Whether a run that was abandoned goes on until it is done. */
  readonly lingersForever: boolean
  readonly maxBytes: number
  /** What happens, and how many turns of the event loop there are until the next. */
  readonly steps: readonly (readonly [RunStep, number])[]
  readonly ending: Ending
}

const who = fc.nat(readerCount - 1)
const run = fc.nat(runCount - 1)
const only = <Type extends string>(type: Type) => fc.constant(type)

const yields = fc.record({
  type: only('yield'),
  run,
  count: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 12 }) },
    fc.integer({ min: 1, max: 200 }),
  ),
  bytes: fc.oneof({ weight: 5, arbitrary: fc.nat(50) }, fc.nat(5_000)),
})
// More than all the buffers on the way hold.
const floods = fc.record({ type: only('yield'), run, count: fc.constant(60), bytes: fc.constant(100_000) })

const step: fc.Arbitrary<RunStep> = fc.oneof(
  { weight: 50, arbitrary: yields },
  { weight: 20, arbitrary: fc.record({ type: only('start'), who }) },
  {
    weight: 50,
    arbitrary: fc.record({
      type: only('attach'),
      who,
      from: fc.oneof(
        { weight: 6, arbitrary: fc.constant<From>('last') },
        fc.constantFrom<From>('beginning', 'elsewhere', 'future'),
      ),
    }),
  },
  {
    weight: 30,
    arbitrary: fc.record({
      type: only('cut'),
      who,
      after: fc.oneof(fc.constant(0), fc.nat(400), fc.nat(20_000)),
    }),
  },
  { weight: 12, arbitrary: fc.record({ type: only('detach'), who }) },
  { weight: 24, arbitrary: fc.record({ type: only('hold'), who }) },
  { weight: 10, arbitrary: fc.record({ type: fc.constantFrom('pause' as const, 'resume' as const), who }) },
  {
    weight: 8,
    arbitrary: fc.record({
      type: only('finish'),
      run,
      how: fc.constantFrom<Finish>('output', 'output', 'error', 'throw'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: only('cancel'), run }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: only('intrude'),
      run,
      by: fc.constantFrom('attach' as const, 'cancel' as const, 'start' as const, 'other input' as const),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      type: only('wait'),
      of: fc.constantFrom<keyof typeof runMs>('linger', 'linger', 'lease', 'keep'),
      part: fc.constantFrom(0.4, 0.7, 1.1),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: only('restart') }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom('isolate' as const, 'rejoin' as const) }) },
  { weight: 2, arbitrary: floods },
  { weight: 1, arbitrary: fc.record({ type: only('lose') }) },
)

// A request takes a few turns to be answered.
const turnsBetween = fc.oneof(fc.constant(0), fc.nat(3), fc.integer({ min: 6, max: 12 }))

const style: fc.Arbitrary<RunStyle> = fc.record({
  kind: fc.constantFrom('generator' as const, 'function' as const, 'hasty' as const),
  isStubborn: fc.boolean(),
})

export const runHistory: fc.Arbitrary<RunHistory> = fc.record({
  styles: fc.array(style, { minLength: runCount, maxLength: runCount }),
  lingersForever: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.constant(true)),
  maxBytes: fc.constantFrom(4 * 1024 * 1024, 30_000),
  steps: fc.array(fc.tuple(step, turnsBetween), { minLength: 1, maxLength: 40, size: 'max' }),
  ending: fc.constantFrom(
    'finish' as const,
    'finish' as const,
    'cancel' as const,
    'detach' as const,
    'abandon' as const,
  ),
})
