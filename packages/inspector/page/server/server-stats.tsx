import { useMemo, useSyncExternalStore } from 'react'
import { useSession } from '../session.js'
import { Busiest } from './busiest.js'
import { Chart } from './chart.js'
import { levels, rates } from './series.js'
import { StatsStream } from './stats-stream.js'
import './server.css'

/** The charts span at least this, so that the first samples are not stretched over them. */
const shortestMs = 60_000

const states = [
  ['connections', 'Connections'],
  ['subscriptions', 'Subscriptions'],
  ['lagging', 'Lagging'],
  ['topics', 'Topics'],
  ['running', 'Running calls'],
  ['runs', 'Runs'],
] as const

const totals = [
  ['emits', 'Emits', '/s'],
  ['deliveries', 'Deliveries', '/s'],
  ['bytes', 'Sent', ' B/s'],
  ['gaps', 'Gaps', '/s'],
  ['refused', 'Refused', '/s'],
  ['stalled', 'Stalled', '/s'],
] as const

/** What is wrong when it is not 0. */
const warnings: readonly string[] = ['lagging', 'gaps', 'refused', 'stalled']

/** The server's connections, topics, lag and rates in the last minutes, sampled once a second while they are shown. */
export function ServerStats() {
  const { mount } = useSession()
  const stream = useMemo(() => new StatsStream(mount), [mount])
  const { samples, busiest, before, isLive } = useSyncExternalStore(stream.subscribe, () => stream.view)
  const newest = samples.at(-1)
  const to = newest?.at ?? 0
  const from = Math.min(samples[0]?.at ?? 0, to - shortestMs)
  return (
    <section className="server-stats" aria-label="Server">
      <p className="server-state" role="status" data-live={isLive}>
        {isLive
          ? 'Sampled once a second while this is shown'
          : newest
            ? 'No answer. Trying again'
            : 'Waiting for the first sample'}
      </p>
      <div className="charts">
        {states.map(([key, title]) => (
          <Chart
            key={key}
            title={title}
            points={levels(samples, key)}
            from={from}
            to={to}
            isWarning={warnings.includes(key)}
          />
        ))}
        {totals.map(([key, title, unit]) => (
          <Chart
            key={key}
            title={title}
            points={rates(samples, key)}
            from={from}
            to={to}
            unit={unit}
            isWarning={warnings.includes(key)}
          />
        ))}
      </div>
      {newest && <h3 className="totals-title">Since the start</h3>}
      {newest && (
        <dl className="totals" aria-label="Since the start">
          {totals.map(([key, title]) => (
            <div key={key}>
              <dt>{title === 'Sent' ? 'Bytes sent' : title}</dt>
              <dd>{newest[key].toLocaleString('en')}</dd>
            </div>
          ))}
        </dl>
      )}
      {busiest && <Busiest busiest={busiest} before={before} />}
    </section>
  )
}
