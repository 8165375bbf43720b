import { useCallback, useMemo, useState } from 'react'
import type * as z from 'zod'
import { type FieldIssue, issuesOf, pathKey } from './issues.js'

/** What a form holds, and what it shows of it. */
export interface FormState {
  /** The value as JSON. `undefined` while there is none. */
  readonly value: unknown
  setValue(value: unknown): void
  readonly mode: 'form' | 'json'
  /** Changes between the fields and the text. The text must be JSON to become fields. */
  setMode(mode: 'form' | 'json'): void
  /** The JSON text, in that mode. */
  readonly text: string
  setText(text: string): void
  /** Why the text is not JSON. */
  readonly textMistake: string | undefined
  /** Every mistake, whether it is shown or not. */
  readonly issues: readonly FieldIssue[]
  /** The mistakes to show, by the key of their path. */
  readonly shownIssues: ReadonlyMap<string, readonly string[]>
  readonly isValid: boolean
  /** Shows the mistakes of a field from now on. */
  touch(path: readonly (string | number)[]): void
  /** Shows every mistake from now on. */
  revealAll(): void
  /** Shows what the server found wrong, until the value changes. */
  setServerIssues(issues: readonly FieldIssue[]): void
  /** Replaces the value, and shows no mistakes before a field is left. */
  reset(value: unknown): void
}

/**
 * Returns the state of a form.
 *
 * @param schema checks the value; without one, every value is accepted and the server decides
 */
export function useForm(schema: z.ZodType | undefined, initial: () => unknown): FormState {
  const [value, setValueOnly] = useState(initial)
  const [mode, setModeOnly] = useState<'form' | 'json'>('form')
  const [text, setTextOnly] = useState('')
  const [textMistake, setTextMistake] = useState<string>()
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set())
  const [isRevealed, setIsRevealed] = useState(false)
  const [serverIssues, setServerIssues] = useState<readonly FieldIssue[]>([])

  const issues = useMemo(() => (schema ? issuesOf(schema, value) : []), [schema, value])
  const shownIssues = useMemo(() => {
    const shown = new Map<string, string[]>()
    const local = isRevealed ? issues : issues.filter(({ path }) => touched.has(pathKey(path)))
    for (const { path, message } of [...local, ...serverIssues]) {
      const key = pathKey(path)
      const messages = shown.get(key) ?? []
      if (!messages.includes(message)) shown.set(key, [...messages, message])
    }
    return shown
  }, [issues, isRevealed, serverIssues, touched])

  const setValue = useCallback((next: unknown) => {
    setValueOnly(next)
    setServerIssues([])
  }, [])
  const touch = useCallback((path: readonly (string | number)[]) => {
    setTouched((before) => {
      const key = pathKey(path)
      return before.has(key) ? before : new Set([...before, key])
    })
  }, [])
  const setText = (next: string) => {
    setTextOnly(next)
    try {
      setValue(next.trim() === '' ? undefined : JSON.parse(next))
      setTextMistake(undefined)
    } catch (error) {
      setTextMistake(`This is not JSON: ${(error as Error).message}`)
    }
  }
  const setMode = (next: 'form' | 'json') => {
    if (next === 'json') setTextOnly(value === undefined ? '' : JSON.stringify(value, null, 2))
    else if (textMistake !== undefined) return
    setModeOnly(next)
  }
  return {
    value,
    setValue,
    mode,
    setMode,
    text,
    setText,
    textMistake,
    issues,
    shownIssues,
    isValid: issues.length === 0 && textMistake === undefined,
    touch,
    revealAll: () => setIsRevealed(true),
    setServerIssues,
    reset: (next) => {
      setValue(next)
      setTextOnly(next === undefined ? '' : JSON.stringify(next, null, 2))
      setTextMistake(undefined)
      setTouched(new Set())
      setIsRevealed(false)
    },
  }
}
