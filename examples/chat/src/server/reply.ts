const openings = ['Good question', 'Let me think', 'Well', 'Happily']
const closings = [
  'but then, I only count words.',
  'and that is all a bot of thirty lines can know.',
  'though a human may see it differently.',
]

/** Returns the words of a reply to a prompt. No model is behind it, only counting. */
export function replyTo(prompt: string): string[] {
  const words = prompt.split(/\s+/).filter((word) => word !== '')
  const longest = words.reduce((best, word) => (word.length > best.length ? word : best), '')
  const pick = (from: readonly string[]) => from[prompt.length % from.length]
  const kind = prompt.trim().endsWith('?') ? 'a question' : 'a remark'
  const counted = words.length === 1 ? 'one word' : `${words.length} words`
  return `${pick(openings)}: that was ${kind} of ${counted}, the longest of them “${longest}”, ${pick(closings)}`.split(
    ' ',
  )
}
