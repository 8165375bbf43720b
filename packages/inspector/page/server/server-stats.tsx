/** The server's connections, topics, lag and rates. */
export function ServerStats() {
  return <section aria-label="Server" />
}
