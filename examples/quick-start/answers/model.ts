import { setTimeout as pause } from 'node:timers/promises'

/** Takes the place of a model: yields an answer word by word, and stops when the signal fires. */
export async function* model(question: string, signal: AbortSignal): AsyncGenerator<string> {
  const answer = `You asked: ${question} ${'Thinking takes time, and so does writing. '.repeat(8)}That is all.`
  for (const word of answer.split(/(?<= )/)) {
    await pause(40, undefined, { signal })
    yield word
  }
}
