import type { ProcedureDocument } from '@tidings/core/describe'
import { CommandPanel } from '../calls/command-panel.js'
import { RunPanel } from '../calls/run-panel.js'
import { useSession } from '../session.js'
import { Prose } from '../text/prose.js'
import { ChannelPanel } from './channel-panel.js'
import { Kind } from './kind.js'
import { Reference } from './reference.js'

interface Props {
  readonly path: string
  readonly procedure: ProcedureDocument
}

const methods = { channel: 'GET', command: 'POST', stream: 'POST' } as const

/** One procedure: what it is, and what can be done with it. */
export function ProcedureView({ path, procedure }: Props) {
  const { mount, unusable } = useSession()
  const { kind, title, description, deprecated } = procedure
  const problem = unusable.get(path)
  return (
    <article className="procedure">
      <header className="procedure-head">
        <h1>
          <code>{path}</code> <Kind kind={kind} />
        </h1>
        {title !== undefined && <p className="procedure-title">{title}</p>}
        <p className="quiet-text">
          <code>
            {methods[kind]} {new URL(mount).pathname.replace(/\/$/, '')}/{path}
          </code>
        </p>
        {deprecated !== undefined && deprecated !== false && (
          <div className="notice notice-warning">
            {typeof deprecated === 'string' ? <Prose text={deprecated} /> : <p>It is deprecated.</p>}
          </div>
        )}
        {description !== undefined && <Prose text={description} />}
      </header>
      <div className="procedure-columns">
        <div className="procedure-use">
          {problem === undefined ? (
            <Panel path={path} procedure={procedure} />
          ) : (
            <div className="notice notice-warning">
              <p>It cannot be used from here, since no contract can be made of its description: {problem}</p>
            </div>
          )}
        </div>
        <Reference procedure={procedure} />
      </div>
    </article>
  )
}

function Panel({ path, procedure }: Props) {
  switch (procedure.kind) {
    case 'channel':
      return <ChannelPanel path={path} procedure={procedure} />
    case 'command':
      return <CommandPanel path={path} procedure={procedure} />
    case 'stream':
      return <RunPanel path={path} procedure={procedure} />
  }
}
