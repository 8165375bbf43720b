/** What a host must do. The columns of the table in `docs/runtimes.md`. */
export const behaviours = [
  'subscribe',
  'snapshot',
  'resume',
  'gap',
  'command',
  'typed error',
  'stream',
  'refusals',
  'limits',
  'address',
  'slow reader',
  'disconnect',
  'close',
] as const

export type Behaviour = (typeof behaviours)[number]

/** A host, with an app in which Tidings is mounted at `/events`. */
export interface Host {
  /** The version of the host's package or runtime, as installed. */
  readonly version: string
  /** Whether the host is installed: its tests are skipped otherwise. Defaults to true. */
  readonly isInstalled?: boolean
  /** The files of the app, below `apps/`, as its section of `docs/runtimes.md` shows them. */
  readonly files: readonly string[]
  /** Whether the app has routes beside Tidings. If not, Tidings handles every request. Defaults to false. */
  readonly hasRoutes?: boolean
  /** The behaviours that the host does not allow, each with the reason that `docs/runtimes.md` gives. */
  readonly skips?: Readonly<Partial<Record<Behaviour, string>>>
  /** The behaviours that the host shows late, each with the reason that `docs/runtimes.md` gives. */
  readonly late?: Readonly<Partial<Record<Behaviour, string>>>
  /** The lines that the host itself prints about clients that leave, as its section says. */
  readonly prints?: RegExp
  /** Starts the app on a free port of 127.0.0.1, and resolves when it accepts connections. */
  start(): Promise<RunningHost>
}

export interface RunningHost {
  /** `http://127.0.0.1:20000` */
  readonly origin: string
  /** Makes the requests of clients, over the protocol of the host. Defaults to the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch
  /** Returns what the app printed. An app prints nothing while it serves. */
  printed?(): string
  stop(): Promise<void>
}
