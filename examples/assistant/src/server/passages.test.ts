import { describe, expect, it } from 'vitest'
import { bestPassages, passagesOf } from './passages'

const document = `Before any heading, a passage that is long enough to be kept stands here.

# Guide
An [introduction](./a.md) with \`code\`, which is wrapped
and **bold**. It says what the guide is about.

\`\`\`sh
# not a heading
npm ci # and not a passage, although it is long enough for one by far
\`\`\`

Short.

## Resuming

| a table | is left out, however long the text in its cells may be |
| ------- | ------------------------------------------------------ |

> A client resumes from its cursor, and receives what it has missed.

- It has a cursor for each topic, which the server has sent with the last event:
- It sends all of them when it connects again, and the server answers each.
`

describe('the passages of a document', () => {
  it('are its prose, each with the heading above it', () => {
    expect(passagesOf('guide.md', document)).toEqual(
      [
        {
          heading: 'guide.md',
          text: 'Before any heading, a passage that is long enough to be kept stands here.',
        },
        {
          heading: 'Guide',
          text: 'An introduction with code, which is wrapped and bold. It says what the guide is about.',
        },
        { heading: 'Resuming', text: 'A client resumes from its cursor, and receives what it has missed.' },
        {
          heading: 'Resuming',
          text: 'It has a cursor for each topic, which the server has sent with the last event.',
        },
        {
          heading: 'Resuming',
          text: 'It sends all of them when it connects again, and the server answers each.',
        },
      ].map((passage) => ({ path: 'guide.md', ...passage })),
    )
  })

  it('end with a sentence where they are long', () => {
    const [passage] = passagesOf('a.md', `# A\n\n${'A sentence of thirty letters. '.repeat(40)}`)
    expect(passage?.text).toMatch(/^(A sentence of thirty letters\. ?){14}$/)
  })
})

describe('a search', () => {
  const passage = (heading: string, text: string) => ({ path: 'a.md', heading, text })
  const passages = [
    passage('Limits', 'A server limits its connections.'),
    passage('Reloading', 'A page continues.'),
    passage('Pages', 'A page that you reload subscribes to its topics. Reloading is cheap.'),
    passage('Pages', 'A page, reloaded.'),
    passage('Servers', 'A server has connections.'),
    passage('Networks', 'It works behind a proxy.'),
  ]
  const headings = (query: string, count = 3) =>
    bestPassages(passages, query, count).map(({ heading }) => heading)

  it('finds the passages with the most and the rarest words of the query first', () => {
    expect(headings('What about reloads of my pages?')).toEqual(['Pages', 'Reloading'])
    expect(headings('limits of a server')).toEqual(['Limits', 'Servers'])
    expect(headings('Which proxies?')).toEqual(['Networks'])
    expect(headings('server', 1)).toHaveLength(1)
  })

  it('finds nothing without a common word', () => {
    expect(headings('Who are you?')).toEqual([])
    expect(headings('')).toEqual([])
  })
})
