import type { BusiestParts } from '../../src/lib/stats-contract.js'
import { formatNumber, formatSpan } from './format.js'

interface BusiestProps {
  readonly busiest: BusiestParts
  readonly before: BusiestParts | undefined
}

/** The topics with the most subscribers, and the connections with the most subscriptions. */
export function Busiest({ busiest, before }: BusiestProps) {
  return (
    <div className="busiest">
      <section aria-labelledby="busiest-topics">
        <h3 id="busiest-topics">Topics with the most subscribers</h3>
        <div className="table-scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Topic</th>
                <th scope="col">Subscribers</th>
                <th scope="col">Events/s</th>
              </tr>
            </thead>
            <tbody>
              {busiest.topics.map(({ key, subscribers, position }) => (
                <tr key={key}>
                  <td>
                    <code title={`at ${position}`}>{key}</code>
                  </td>
                  <td>{formatNumber(subscribers)}</td>
                  <td>{rateOf(position, before?.topics.find((topic) => topic.key === key)?.position)}</td>
                </tr>
              ))}
              {busiest.topics.length === 0 && <Empty columns={3} />}
            </tbody>
          </table>
        </div>
      </section>
      <section aria-labelledby="busiest-connections">
        <h3 id="busiest-connections">Connections with the most subscriptions</h3>
        <div className="table-scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Client</th>
                <th scope="col">Kind</th>
                <th scope="col">Subscriptions</th>
                <th scope="col">Lagging</th>
                <th scope="col">Open for</th>
              </tr>
            </thead>
            <tbody>
              {busiest.connections.map(
                ({ kind, principal, address, subscriptions, lagging, openMs }, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a row is a rank, which changes its connection.
                  <tr key={index} data-warning={lagging > 0}>
                    <td>
                      {principal ?? <span className="quiet-text">anonymous</span>}{' '}
                      <span className="quiet-text">{address}</span>
                    </td>
                    <td>{kind}</td>
                    <td>{formatNumber(subscriptions)}</td>
                    <td>{formatNumber(lagging)}</td>
                    <td>{formatSpan(openMs)}</td>
                  </tr>
                ),
              )}
              {busiest.connections.length === 0 && <Empty columns={5} />}
            </tbody>
          </table>
        </div>
      </section>
    </div>
  )
}

function Empty({ columns }: { columns: number }) {
  return (
    <tr>
      <td colSpan={columns} className="quiet-text">
        none
      </td>
    </tr>
  )
}

/** Returns how many events a topic had between two positions, which are a second apart. */
function rateOf(position: string, before: string | undefined): string {
  const [epoch, seq] = position.split('.')
  const [epochBefore, seqBefore] = before?.split('.') ?? []
  return epoch === epochBefore ? formatNumber(Number(seq) - Number(seqBefore)) : '–'
}
