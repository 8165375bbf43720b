import { useState } from 'react'
import type { ControlProps } from './field-props.js'

/** Any JSON, as text. */
export function JsonField({ id, describedBy, isInvalid, isRequired, onBlur, value, onChange }: ControlProps) {
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value, null, 2))
  const [mistake, setMistake] = useState<string>()
  return (
    <>
      <textarea
        id={id}
        aria-describedby={`${id}-mistake ${describedBy}`}
        aria-invalid={isInvalid || mistake !== undefined || undefined}
        aria-required={isRequired || undefined}
        rows={2}
        className="json-input"
        spellCheck={false}
        placeholder="JSON"
        value={text}
        onBlur={onBlur}
        onChange={({ target }) => {
          setText(target.value)
          if (target.value.trim() === '') {
            setMistake(undefined)
            onChange(undefined)
            return
          }
          try {
            onChange(JSON.parse(target.value))
            setMistake(undefined)
          } catch (error) {
            setMistake(`This is not JSON: ${(error as Error).message}. The last value that was is kept`)
          }
        }}
      />
      <p id={`${id}-mistake`} className="field-issue" hidden={mistake === undefined}>
        {mistake}
      </p>
    </>
  )
}
