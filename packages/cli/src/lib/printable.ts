/** Characters that a terminal obeys: control characters, and those that reverse the direction of text. */
const obeyed = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Returns text that a server, its users or a file chose, with the characters written out that a terminal would obey: `\u001b`. */
export function printable(text: string): string {
  return text.replace(obeyed, escaped)
}

/** Does the same to a text of several lines, whose breaks and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(obeyed, (character) => (/[\n\t]/.test(character) ? character : escaped(character)))
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
