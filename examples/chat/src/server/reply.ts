const openings = ['Good question', 'Let me think', 'Well', 'Happily']

/** Returns the tokens of a reply to a prompt. No model is behind it, only counting and sorting. */
export function replyTo(prompt: string): string[] {
  const words = prompt.split(/\s+/).filter((word) => word !== '')
  const opening = openings[prompt.length % openings.length]
  const kind = prompt.trim().endsWith('?') ? 'a question' : 'a remark'
  const counted = words.length === 1 ? 'one word' : `${words.length} words, in alphabetical order`
  const reply = `${opening}: that was ${kind} of ${counted}: “${words.toSorted(byAlphabet).join(' ')}”.
I only count and sort, but one token at a time. Reload the page while I write, or open it in a second window: nothing is lost.`
  return reply.match(/\S+\s*/g) ?? []
}

const byAlphabet = new Intl.Collator('en').compare
