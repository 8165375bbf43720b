import { useEffect, useState } from 'react'
import './copy.css'

/** Copies a text, and says that it has. */
export function CopyButton({ text, label = 'Copy' }: { text: () => string; label?: string }) {
  const [said, setSaid] = useState<string>()
  useEffect(() => {
    if (said === undefined) return
    const timer = setTimeout(() => setSaid(undefined), 1_500)
    return () => clearTimeout(timer)
  }, [said])
  return (
    <>
      <button
        type="button"
        aria-label={label}
        onClick={async () =>
          setSaid((await copy(text())) ? 'Copied' : 'Cannot copy: select the text instead')
        }
      >
        {said ?? label}
      </button>
      <span role="status" className="copy-status">
        {said}
      </span>
    </>
  )
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // On a page over plain HTTP, other than localhost, there is no clipboard.
    return copyFromField(text)
  }
}

function copyFromField(text: string): boolean {
  const field = document.createElement('textarea')
  const before = document.activeElement
  field.value = text
  field.className = 'copy-field'
  field.readOnly = true
  document.body.append(field)
  field.select()
  // Deprecated, and the only way where there is no clipboard.
  const copied = document.execCommand('copy')
  field.remove()
  if (before instanceof HTMLElement) before.focus()
  return copied
}
