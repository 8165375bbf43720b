export { isoDate } from '@tidings/core'
export * as z from 'zod'

export declare class Temperature {
  constructor(kelvin: number)
  readonly kelvin: number
}
