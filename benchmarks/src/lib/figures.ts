import { readFile, writeFile } from 'node:fs/promises'

/**
 * Writes figures into a Markdown file, between the comments `<!-- name -->` and `<!-- /name -->`.
 *
 * @throws Error if the file has no such comments
 */
export async function writeFigures(file: URL, name: string, figures: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  const [opening, closing] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [text.indexOf(opening), text.indexOf(closing)]
  if (from === -1 || to < from) throw new Error(`${file.pathname} has no comments ${opening} and ${closing}`)
  await writeFile(file, `${text.slice(0, from + opening.length)}\n\n${figures.trim()}\n\n${text.slice(to)}`)
}
