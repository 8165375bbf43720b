import type { Seed } from '@tidings/core'
import {
  Activity,
  Component,
  type ReactNode,
  StrictMode,
  Suspense,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  version,
} from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { createClient } from '../../src/index.js'
import { useCommand, useConnection, useEvents, useRun, useTopic } from '../../src/react.js'
import { contract } from '../contract.js'

/** The page of the hooks' tests: it shows one component after another, in StrictMode. */
const errors: string[] = []
const client = createClient(contract, {
  url: '/events',
  reconnect: { minMs: 1, maxMs: 20 },
  lingerMs: 20,
  onError: ({ code }) => errors.push(code),
})
const other = createClient(contract, { url: '/events' })
const closed = createClient(contract, { url: '/events' })
closed.close()

interface Lobby {
  readonly messages: string[]
}

/** What each commit has shown, and what handlers have received. */
const commits: unknown[] = []
const heard: unknown[] = []

/** Shows a value as JSON, and notes it at each commit. */
function Shown({ value }: { value: object }) {
  useLayoutEffect(() => {
    commits.push(value)
  })
  return <pre>{JSON.stringify(value)}</pre>
}

const fold = (room: Lobby, event: { readonly type: string; readonly data: unknown }): Lobby => {
  if (event.data === 'throw') throw new Error('bug in the page')
  return event.type === 'typing' ? { messages: [...room.messages, String(event.data)] } : room
}

interface TopicProps {
  roomId?: string
  seed?: Seed<Lobby>
  keepPrevious?: boolean
  isClosed?: boolean
}

/** Closes its client, as a component that logs out does. */
function TopicOfOther({ roomId = 'a', keepPrevious = false }) {
  const { value, isPrevious, error } = useTopic(other.room({ roomId }), fold, { keepPrevious })
  Object.assign(globalThis, { closeOther: () => other.close() })
  return <Shown value={{ roomId, messages: value?.messages, isPrevious, error: error?.code }} />
}

function Topic({ roomId, seed, keepPrevious = false, isClosed = false }: TopicProps) {
  const topic = roomId === undefined ? undefined : (isClosed ? closed : client).room({ roomId })
  const { value, isCurrent, isPrevious, error } = useTopic(topic, fold, { seed, keepPrevious })
  const shown = { roomId, messages: value?.messages, isCurrent, isPrevious, error: error?.code }
  return <Shown value={shown} />
}

function Ticks({ keepPrevious = false }) {
  const ticks = useTopic(
    client.ticks(),
    (all, event) => [...all, event.type === 'tick' ? event.data : event.data.reason],
    { initial: [] as unknown[], keepPrevious },
  )
  return <Shown value={{ ticks: ticks.value }} />
}

function Events({ roomId = 'a', suffix = '', isClosed = false, withMessages = false }) {
  useEvents((isClosed ? closed : client).room({ roomId }), {
    async typing(author) {
      heard.push(`${author}${suffix}`)
      if (author === 'reject') throw new Error('bug in the page')
    },
    ...(withMessages && { message: ({ text }: { text: string }) => heard.push(text) }),
    gap: ({ reason }) => heard.push(reason),
    error: ({ code }, { isFinal }) => heard.push([code, isFinal]),
  })
  return <Shown value={{ suffix }} />
}

function Command({ isOther = false }) {
  const send = useCommand((isOther ? other : client).send)
  const { isPending, data, error } = send
  const until = error?.code === 'muted' ? error.data.until.getTime() : undefined
  Object.assign(globalThis, {
    send: (text: string) => void send.call({ text }),
    reset: send.reset,
  })
  return <Shown value={{ isOther, isPending, text: data?.text, code: error?.code, until }} />
}

function Count({ id }: { id?: string }) {
  const [chosen, choose] = useState<string | undefined>(undefined)
  const run = useRun(client.count, { id: chosen ?? id })
  Object.assign(globalThis, {
    start: (to: number) => run.start({ to }).id,
    startAndChoose(to: number, other: string) {
      run.start({ to }).output.catch(({ code }) => heard.push(code))
      choose(other)
    },
    startAndCancel(to: number) {
      run.start({ to }).output.catch(({ code }) => heard.push(code))
      void run.cancel()
    },
    attach: (other: string) => run.attach(other).id,
    cancel: () => void run.cancel(),
  })
  return <ShownRun run={run} />
}

interface CountedRun {
  readonly id: string | undefined
  readonly events: readonly { readonly data: number }[]
  readonly status: string
  readonly output: { readonly total: number } | undefined
  readonly error: { readonly code: string } | undefined
}

function ShownRun({ run }: { run: CountedRun }) {
  const numbers = run.events.map(({ data }) => data)
  const { status, output, error } = run
  return <Shown value={{ id: run.id, numbers, status, total: output?.total, code: error?.code }} />
}

interface StartingProps {
  to?: number
  isInChild?: boolean
  isOnce?: boolean
}

/** Starts a run in a layout effect, or in an effect of a child: each time, or only the first. */
function Starting({ to = 3, isInChild = false, isOnce = false }: StartingProps) {
  const run = useRun(client.count)
  const hasStarted = useRef(false)
  const { start } = run
  const begin = useCallback(() => {
    if (isOnce && hasStarted.current) return
    hasStarted.current = true
    start({ to })
  }, [to, isOnce, start])
  useLayoutEffect(() => {
    if (!isInChild) begin()
  }, [isInChild, begin])
  return (
    <>
      <ShownRun run={run} />
      {isInChild && <Effect run={begin} />}
    </>
  )
}

function Effect({ run }: { run: () => void }) {
  useEffect(run, [run])
  return null
}

/** React 19 takes the effects of a hidden component away, and brings them back. */
function Hideable({ isHidden = false, ...props }: StartingProps & { isHidden?: boolean }) {
  return (
    <Activity mode={isHidden ? 'hidden' : 'visible'}>
      <Starting {...props} />
    </Activity>
  )
}

/** Hides the component that starts a run, in the same turn. */
function Hiding() {
  const [isHidden, hide] = useState(false)
  return (
    <Activity mode={isHidden ? 'hidden' : 'visible'}>
      <Hidden hide={hide} />
    </Activity>
  )
}

function Hidden({ hide }: { hide: (isHidden: boolean) => void }) {
  const run = useRun(client.count)
  Object.assign(globalThis, {
    startAndHide(to: number) {
      run.start({ to })
      hide(true)
    },
    reveal: () => hide(false),
  })
  return <ShownRun run={run} />
}

function ConnectionStatus({ isOther = false }) {
  return <Shown value={{ isOther, status: useConnection(isOther ? other : client).status }} />
}

/** Uses every hook. */
function AllHooks() {
  const room = client.room({ roomId: 'a' })
  const { value } = useTopic(room, fold)
  useEvents(room, { typing: (author) => heard.push(author) })
  const send = useCommand(client.send)
  const run = useRun(client.count)
  const { status: connection } = useConnection(client)
  Object.assign(globalThis, {
    send: (text: string) => void send.call({ text }),
    start: (to: number) => run.start({ to }).id,
  })
  const numbers = run.events.map(({ data }) => data)
  return <Shown value={{ ...value, text: send.data?.text, numbers, run: run.status, connection }} />
}

/** The hooks beside a component that suspends when it is told to, and before its first commit. */
function Suspending({ startsSuspended = false }) {
  const [waiting, wait] = useState<Promise<void> | undefined>(undefined)
  const [isFirst] = useState(() => startsSuspended && !firsts.has('done'))
  Object.assign(globalThis, {
    suspend: () => {
      const gate = new Promise<void>((resolve) => {
        Object.assign(globalThis, { resume: resolve })
      })
      void gate.then(() => settled.add(gate))
      wait(gate)
    },
  })
  return (
    <Suspense fallback={<i>waiting</i>}>
      <AllHooks />
      <Gate promise={waiting ?? (isFirst ? firstGate : undefined)} />
    </Suspense>
  )
}

const settled = new Set<Promise<void>>()
const firsts = new Set<string>()
const firstGate = new Promise<void>((resolve) => {
  Object.assign(globalThis, {
    resumeFirst: () => {
      firsts.add('done')
      resolve()
    },
  })
})
void firstGate.then(() => settled.add(firstGate))

function Gate({ promise }: { promise: Promise<void> | undefined }) {
  if (promise && !settled.has(promise)) throw promise
  return null
}

class Boundary extends Component<{ children: ReactNode }> {
  override state = { message: '' }
  static getDerivedStateFromError(error: Error) {
    return { message: error.message }
  }
  override render() {
    return this.state.message ? (
      <pre>{JSON.stringify({ thrown: this.state.message })}</pre>
    ) : (
      this.props.children
    )
  }
}

const components = {
  Topic,
  TopicOfOther,
  Ticks,
  Events,
  Command,
  Count,
  Starting,
  Hideable,
  Hiding,
  ConnectionStatus,
  Suspending,
}
let root: Root | undefined

const page = {
  version,
  commits,
  heard,
  errors,
  client,
  show(name: keyof typeof components, props: object = {}) {
    const Shown = components[name] as (props: object) => ReactNode
    root ??= createRoot(document.body.appendChild(document.createElement('main')))
    root.render(
      <StrictMode>
        <Boundary>
          <Shown {...props} />
        </Boundary>
      </StrictMode>,
    )
  },
  unmount() {
    root?.unmount()
    root = undefined
  },
}
Object.assign(globalThis, { page })

export type HooksPage = typeof page
