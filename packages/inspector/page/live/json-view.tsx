import { useMemo, useState } from 'react'
import { type JsonNode, parseJsonTree } from './json-tree.js'
import './json.css'

/** Items of an object or array that are shown at first, and how many follow with each "more". */
const pageSize = 100

/** Characters of a string, and of a text that is not read as JSON, that are shown at first. */
const textLength = 1_000

/** A longer text is shown as it is: a tree of it would take the page a while. */
const maxTreeLength = 2_000_000

/** Shows a JSON text as a tree that folds, with its keys in their order and its numbers as they are written. */
export function JsonView({ text }: { text: string }) {
  const node = useMemo(() => (text.length <= maxTreeLength ? parseJsonTree(text) : undefined), [text])
  return (
    <div className="json">
      {node ? <Node node={node} depth={0} /> : <LongText text={text} className="json-text" />}
    </div>
  )
}

function Node({ node, name, depth }: { node: JsonNode; name?: string; depth: number }) {
  const label = name !== undefined && <span className="json-key">{name}: </span>
  switch (node.type) {
    case 'object':
      return <Branch label={label} node={node} items={node.members} depth={depth} />
    case 'array':
      return <Branch label={label} node={node} items={node.items.map((value) => ({ value }))} depth={depth} />
    case 'string':
      return (
        <div>
          {label}
          <LongText text={JSON.stringify(node.value)} className="json-string" />
        </div>
      )
    default:
      return (
        <div>
          {label}
          <span className={`json-${node.type}`}>{node.text}</span>
        </div>
      )
  }
}

interface BranchProps {
  label: React.ReactNode
  node: JsonNode
  items: readonly { readonly key?: string; readonly value: JsonNode }[]
  depth: number
}

function Branch({ label, node, items, depth }: BranchProps) {
  const [isOpen, setIsOpen] = useState(depth < 3 && items.length <= pageSize)
  const [count, setCount] = useState(pageSize)
  const [open, close] = node.type === 'object' ? '{}' : '[]'
  if (items.length === 0) {
    return (
      <div>
        {label}
        {open}
        {close}
      </div>
    )
  }
  const what = node.type === 'object' ? 'key' : 'item'
  return (
    <div>
      <button type="button" className="json-fold" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        {label}
        {open}
        {!isOpen && (
          <span className="json-folded">
            {' '}
            {items.length.toLocaleString('en')} {items.length === 1 ? what : `${what}s`} {close}
          </span>
        )}
      </button>
      {isOpen && (
        <>
          <div className="json-items">
            {items.slice(0, count).map(({ key, value }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a text does not change, and a key may be repeated.
              <Node key={index} name={key ?? String(index)} node={value} depth={depth + 1} />
            ))}
            {items.length > count && (
              <button type="button" className="json-more" onClick={() => setCount(count + pageSize)}>
                {(items.length - count).toLocaleString('en')} more
              </button>
            )}
          </div>
          {close}
        </>
      )}
    </div>
  )
}

function LongText({ text, className }: { text: string; className: string }) {
  const [length, setLength] = useState(textLength)
  const rest = text.length - length
  return (
    <span className={className}>
      {rest > 0 ? text.slice(0, length) : text}
      {rest > 0 && (
        <button type="button" className="json-more" onClick={() => setLength(length * 10)}>
          … {rest.toLocaleString('en')} more characters
        </button>
      )}
    </span>
  )
}
