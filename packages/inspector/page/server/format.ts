const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const fraction = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

/** Formats a count or a rate: `0.4`, `1,234`, `56.7K`. */
export function formatNumber(value: number): string {
  if (value >= 10_000) return compact.format(value)
  return (value < 10 ? fraction : whole).format(value)
}

/** Formats a time span by its largest unit: `42 s`, `3 min`, `5 h`, `2 d`. */
export function formatSpan(ms: number): string {
  const seconds = ms / 1_000
  if (seconds < 60) return `${Math.floor(seconds)} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}
