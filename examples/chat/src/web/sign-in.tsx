import { type FormEvent, useState } from 'react'

export function SignIn({ onName }: { onName(name: string): void }) {
  const [name, setName] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() !== '') onName(name.trim())
  }
  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <img src="/icon.svg" alt="" width="56" height="56" />
        <h1>Tidings chat</h1>
        <p>Every message in order and once, and a notice if any is missing.</p>
        <label htmlFor="name">Your name</label>
        <input
          id="name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={40}
          autoComplete="nickname"
          placeholder="Ada"
        />
        <button type="submit" disabled={name.trim() === ''}>
          Enter
        </button>
      </form>
    </main>
  )
}
