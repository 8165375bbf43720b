/** What a terminal takes as commands: control characters other than line breaks and tabs, and those that turn text around. */
const commands = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/** Returns text that a server or a file contains, with whatever a terminal would take as a command written out: `\u001b`. */
export function printable(text: string): string {
  return text.replace(commands, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
