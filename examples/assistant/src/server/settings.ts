import type { Model } from './model'
import { openAiModel } from './openai-model'
import { simulatedModel } from './simulated-model'

export interface Settings {
  readonly model: Model
  /** Says where the answers come from. */
  readonly about: string
  /** Milliseconds a search waits after each file, so that its progress can be seen. */
  readonly searchPauseMs: number
}

/**
 * Reads the settings of the model from the environment.
 *
 * The names are not those of other programs, such as `OPENAI_API_KEY`: no question leaves this machine, and costs money, because
 * of a variable that was set for something else.
 */
export function settingsOf(env: NodeJS.ProcessEnv): Settings {
  const { MODEL: model, MODEL_URL: baseUrl, MODEL_KEY: apiKey, PACE: pace = '1' } = env
  if (model && baseUrl) {
    return {
      model: openAiModel({ baseUrl, model, apiKey }),
      about: `Answers come from ${model} at ${baseUrl}`,
      searchPauseMs: 0,
    }
  }
  if (model || baseUrl)
    throw new Error('MODEL and MODEL_URL belong together: set both, or neither for the simulated model')
  const factor = Number(pace)
  if (!(factor >= 0))
    throw new Error(`PACE is ${pace}. Set a number: 1 is the usual pace, 0.5 takes half the time`)
  return {
    model: simulatedModel(45 * factor),
    about: 'Answers come from a simulated model. MODEL_URL and MODEL choose another',
    searchPauseMs: 250 * factor,
  }
}
