import { useId, useRef, useState } from 'react'
import { authorization, useAuthorization } from './authorization.js'
import { useSession } from './session.js'

/** Sets the `Authorization` header that the page sends with every request. */
export function AuthorizationMenu() {
  const { client } = useSession()
  const current = useAuthorization()
  const [text, setText] = useState(current)
  const popover = useRef<HTMLFormElement>(null)
  const id = useId()
  const apply = (value: string) => {
    setText(value)
    authorization.set(value)
    // The connection was opened with the header as it was before.
    client.reconnect()
    popover.current?.hidePopover()
  }
  return (
    <>
      <button type="button" className="quiet" popoverTarget={id}>
        {current === '' ? 'Authorization' : 'Authorization ✓'}
      </button>
      <form
        ref={popover}
        id={id}
        popover="auto"
        className="authorization"
        aria-label="Authorization"
        onToggle={(event) => {
          if (event.newState === 'open') setText(authorization.value)
        }}
        onSubmit={(event) => {
          event.preventDefault()
          apply(text)
        }}
      >
        <label htmlFor={`${id}-value`}>
          <code>Authorization</code> header of every request
        </label>
        <input
          id={`${id}-value`}
          className="mono"
          autoComplete="off"
          spellCheck={false}
          placeholder="Bearer …"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <p className="quiet-text">It is kept in this tab, and forgotten when the tab is closed.</p>
        <div className="form-actions">
          <button type="submit" className="primary">
            Apply
          </button>
          <button type="button" disabled={current === ''} onClick={() => apply('')}>
            Remove
          </button>
        </div>
      </form>
    </>
  )
}
