/** What `command({})` makes, without the time it takes to compile the package. */
const restart = { kind: 'command', input: undefined, output: undefined, errors: {} }

export const admin = { restart }
export const contract = { notAContract: true }
