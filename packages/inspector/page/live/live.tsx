import { isTidingsError } from '@tidings/core'
import type { ChannelDocument } from '@tidings/core/describe'
import { useState } from 'react'
import { useSession } from '../session.js'

/** Subscribes to a topic of a channel. Its events appear among the subscriptions of the page. */
export function Live({
  path,
  procedure,
  params,
}: {
  readonly path: string
  readonly procedure: ChannelDocument
  /** Params that the channel accepts, as JSON. Undefined while the form has a mistake. */
  readonly params: Readonly<Record<string, unknown>> | undefined
}) {
  const { live } = useSession()
  const [mistake, setMistake] = useState<string>()
  const given = Object.keys(procedure.params).length === 0 ? {} : params
  const subscribe = () => {
    try {
      setMistake(undefined)
      const { key } = live.watch(path, given)
      // After the card is rendered.
      requestAnimationFrame(() =>
        document.getElementById(`topic-${key}`)?.scrollIntoView({ block: 'nearest' }),
      )
    } catch (error) {
      setMistake(isTidingsError(error) ? error.message : String(error))
    }
  }
  return (
    <p className="subscribe">
      <button type="button" className="primary" disabled={given === undefined} onClick={subscribe}>
        Subscribe
      </button>
      {mistake !== undefined && <span role="alert">{mistake}</span>}
    </p>
  )
}
