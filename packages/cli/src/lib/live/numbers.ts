import { UsageError } from '../exit-code.js'

/** Returns what reads an option that is a whole number from 1. */
export function counted(option: string, most = 1_000_000): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= 1 && value <= most) return value
    throw new UsageError(`--${option} is not a whole number from 1 to ${most}: "${text}"`)
  }
}

/** Returns what reads an option that is a number above 0. */
export function positive(option: string, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d*\.?\d+$/.test(text) && value > 0 && value <= most) return value
    throw new UsageError(`--${option} is not a number above 0 and up to ${most}: "${text}"`)
  }
}
