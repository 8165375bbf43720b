export const formatPrice = (price: number) => price.toFixed(2)

/** The change of a price since the market opened, in percent, with its sign. */
export function formatChange(price: number, open: number): string {
  const percent = (price / open - 1) * 100
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(2)} %`
}

export const formatCount = (count: number) => Math.round(count).toLocaleString('en')
