/** What `bundlers/parcel.ts` uses of Parcel's logger, which has no declarations of its own. */
declare module '@parcel/logger' {
  interface LogEvent {
    readonly level: string
    readonly diagnostics?: readonly { readonly message: string }[]
  }
  const logger: { onLog(handler: (event: LogEvent) => void): { dispose(): void } }
  export default logger
}
