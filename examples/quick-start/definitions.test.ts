import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { languageService } from './language-service.js'

const here = import.meta.dirname
describe('go-to-definition', () => {
  const service = languageService()
  const contract = readFileSync(join(here, 'contract.ts'), 'utf8').split('\n')

  /** Returns the line of the contract that defines the last word of a text in a file. */
  function definitionOf(file: string, text: string): string {
    const source = readFileSync(join(here, file), 'utf8')
    const position = source.indexOf(text) + text.length - 1
    const definitions = service.getDefinitionAtPosition(join(here, file), position) ?? []
    const found = definitions.map((definition) => {
      const { line } = service.toLineColumnOffset?.(definition.fileName, definition.textSpan.start) ?? {
        line: -1,
      }
      return basename(definition.fileName) === 'contract.ts' ? (contract[line] ?? '') : definition.fileName
    })
    return found.join('\n').trim()
  }

  it.each([
    ['server.ts', 'await emit.room', 'room: channel({'],
    ['server.ts', 'emit.room({ roomId: input.roomId }).message', 'events: { message: Message'],
    ['server.ts', 'tidings.emit.room', 'room: channel({'],
    ['client.ts', 'client.room', 'room: channel({'],
    ['client.ts', 'await client.send', 'send: command({'],
    ['client.ts', 'client.complete', 'complete: stream({'],
    ['server.ts', '  send', 'send: command({'],
    ['server.ts', '  complete', 'complete: stream({'],
    ['client.ts', '\n  message', 'events: { message: Message'],
  ])('in %s on `%s` leads to its line of the contract', (file, text, line) => {
    expect(definitionOf(file, text)).toContain(line)
  })
})
