import { QueryClient, QueryObserver } from '@tanstack/query-core'
import { expect, it, onTestFinished } from 'vitest'
import type { Topic } from '../types/client.js'
import { topicQuery } from './topic-query.js'

interface Item {
  readonly type: string
  readonly data: unknown
}

/** A topic that delivers what the test says, when it says. */
function scriptedTopic() {
  const states: { readonly deliver: (...items: Item[]) => void; isCurrent: boolean }[] = []
  const topic = {
    key: 'room?roomId=lobby',
    state: (reducer: (state: object, item: Item) => object) => {
      const runs: (() => void)[] = []
      const state = {
        isCurrent: false,
        ready: Promise.resolve(),
        on: () => () => {},
        subscribe: (run: () => void) => {
          runs.push(run)
          return () => {}
        },
        close: () => runs.splice(0),
        deliver: (...items: Item[]) => {
          for (const item of items) reducer({}, item)
          state.isCurrent = true
          for (const run of runs) run()
        },
      }
      states.push(state)
      return state
    },
  }
  return { topic: topic as unknown as Topic<{ added: number }, number[]>, states }
}

/** Runs the microtasks that are queued, and those that they queue, so many times. */
async function microtasks(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await Promise.resolve()
}

// A fetch takes some microtasks from the data to the cache.
it.each(Array.from({ length: 16 }, (_, count) => count))(
  'keeps an event that comes %i microtasks after the snapshot',
  async (count) => {
    const { topic, states } = scriptedTopic()
    const queryClient = new QueryClient()
    onTestFinished(() => queryClient.clear())
    const options = topicQuery(topic, (data, event) => [...data, event.data])
    const observer = new QueryObserver(queryClient, options)
    onTestFinished(observer.subscribe(() => {}))
    await microtasks(20)
    states[0]?.deliver({ type: 'snapshot', data: [0] })
    await microtasks(count)
    states[0]?.deliver({ type: 'added', data: 1 })
    await microtasks(20)
    expect(observer.getCurrentResult().data).toEqual([0, 1])

    void observer.refetch()
    await microtasks(20)
    states[1]?.deliver({ type: 'snapshot', data: [0, 1, 2] })
    await microtasks(count)
    for (const { deliver } of states) deliver({ type: 'added', data: 3 })
    await microtasks(20)
    expect(observer.getCurrentResult().data).toEqual([0, 1, 2, 3])

    void observer.refetch()
    await microtasks(20)
    states[2]?.deliver({ type: 'snapshot', data: [0, 1, 2, 3] })
    await microtasks(count)
    for (const { deliver } of states.slice(1)) deliver({ type: 'added', data: 4 })
    void queryClient.cancelQueries()
    await microtasks(20)
    expect(observer.getCurrentResult().data).toEqual([0, 1, 2, 3, 4])
  },
)
