// Loads page.ts in Node, with what it uses of a browser. The storage is a file, as it outlives a reload.
// Arguments: the file of the storage, and a question to ask.
import { readFileSync, writeFileSync } from 'node:fs'

const [file = '', question] = process.argv.slice(2)

function stored(): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {}
  }
}

function stub(name: string, value: object): void {
  Object.defineProperty(globalThis, name, { configurable: true, value })
}

stub('sessionStorage', {
  getItem: (key: string) => stored()[key] ?? null,
  setItem: (key: string, value: string) => writeFileSync(file, JSON.stringify({ ...stored(), [key]: value })),
  removeItem: (key: string) => writeFileSync(file, JSON.stringify({ ...stored(), [key]: undefined })),
})
stub('document', {
  body: {
    set textContent(text: string) {
      console.log(text)
    },
  },
})

const page = await import('./page.js')
if (question) page.ask(question)
