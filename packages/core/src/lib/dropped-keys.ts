import { accepts, isInstance } from './acceptance.js'
import { oncePerPair } from './schema-pairs.js'
import { isOpen, shapeOf } from './shared-keys.js'
import type { Schema } from './types/schema.js'
import { formsOf, type Member, membersOf } from './union-members.js'

/** Whether a schema drops keys from decoded values of another that it accepts. */
export function drops(reader: Member, writer: Member): boolean {
  if (!reader || !writer) return false
  const readerForms = formsOf(reader, 'memory')
  const writerForms = formsOf(writer, 'memory')
  if (readerForms || writerForms) return anyDrops(readerForms ?? [reader], writerForms ?? [writer])
  const read = reader._zod.def
  const written = writer._zod.def
  if (isInstance(written.type)) return read.type === 'object' || read.type === 'intersection'
  if (read.type === 'intersection' || written.type === 'intersection') {
    return dropsKeys(reader, writer)
  }
  if (read.type === 'array' && written.type === 'array') return membersDrop(read.element, written.element)
  if (read.type === 'record' && written.type === 'record')
    return membersDrop(read.valueType, written.valueType)
  if (read.type === 'tuple' && written.type === 'tuple') {
    return read.items.some((item, index) => membersDrop(item, written.items[index] ?? item))
  }
  if (read.type !== 'object') return false
  if (written.type === 'record') return !read.catchall
  if (written.type !== 'object') return false
  if (written.catchall && written.catchall._zod.def.type !== 'never' && !read.catchall) return true
  return Object.entries(written.shape).some(([key, schema]) => {
    const other = read.shape[key]
    return other === undefined ? !read.catchall : membersDrop(other, schema)
  })
}

/** As {@link drops}, for intersections, which keep the keys of both sides. */
function dropsKeys(reader: Schema, writer: Schema): boolean {
  if (isOpen(reader)) return false
  if (isOpen(writer)) return true
  const kept = shapeOf(reader)
  const written = shapeOf(writer)
  if (!kept || !written) return false
  return [...written.keys()].some((key) => !kept.has(key))
}

function membersDrop(reader: Schema, writer: Schema): boolean {
  return oncePerPair(reader, writer, false, () => anyDrops(membersOf(reader), membersOf(writer)))
}

function anyDrops(readers: readonly Member[], writers: readonly Member[]): boolean {
  return readers.some((reader) =>
    writers.some((writer) => accepts(reader, writer, 'memory') && drops(reader, writer)),
  )
}
