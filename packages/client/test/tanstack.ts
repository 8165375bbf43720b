import { QueryClient, type QueryKey, QueryObserver, type QueryObserverOptions } from '@tanstack/query-core'
import { until } from '@tidings/test-kit'
import { onTestFinished } from 'vitest'
import { topicQuery } from '../src/tanstack-query.js'
import { connect, startServer } from './harness.js'

/** A cache whose queries are collected at once when they have no observers, unless a test says otherwise. */
export function cacheOf({ gcTime = 60_000 }: { gcTime?: number } = {}): QueryClient {
  const queryClient = new QueryClient({ defaultOptions: { queries: { gcTime } } })
  queryClient.mount()
  onTestFinished(() => {
    queryClient.clear()
    queryClient.unmount()
  })
  return queryClient
}

/** Observes a query as a component does. `seen` are the data, in order, without repetitions. */
export function observe<Data, Failure, Key extends QueryKey>(
  queryClient: QueryClient,
  options: QueryObserverOptions<Data, Failure, Data, Data, Key>,
) {
  const observer = new QueryObserver(queryClient, options)
  const seen: (Data | undefined)[] = []
  const note = () => {
    const { data } = observer.getCurrentResult()
    if (seen.length === 0 || seen.at(-1) !== data) seen.push(data)
  }
  const stop = observer.subscribe(note)
  note()
  onTestFinished(stop)
  const result = () => observer.getCurrentResult()
  const has = (what: string, condition: (data: Data) => boolean) =>
    until(() => {
      const { data } = result()
      return data !== undefined && condition(data)
    }, what)
  return { observer, seen, stop, result, has }
}

/** A server that counts the snapshots that it loads, and a client whose lobby's query holds what is typed. */
export async function startTyped(
  options: { gcTime?: number; handlers?: Parameters<typeof startServer>[0] } = {},
) {
  const log: string[] = []
  const loads: string[] = []
  const server = await startServer({
    room: {
      snapshot: ({ params }) => {
        loads.push(params.roomId)
        return { messages: [...log] }
      },
    },
    ...options.handlers,
  })
  const own = connect(server.url)
  const queryClient = cacheOf(options)
  const typed = (roomId = 'lobby') =>
    topicQuery(own.client.room({ roomId }), (room, event) =>
      event.type === 'typing' ? { messages: [...room.messages, event.data] } : room,
    )
  const type = async (author: string, roomId = 'lobby') => {
    log.push(author)
    await server.tidings.emit.room({ roomId }).typing(author)
  }
  const subscriptions = () => server.tidings.stats().subscriptions
  const subscribes = () =>
    server.requests.filter(({ method, url }) => method === 'POST' && url.includes('$conn'))
  return { ...server, ...own, queryClient, typed, type, log, loads, subscriptions, subscribes }
}
