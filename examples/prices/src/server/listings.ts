import type { Listing } from '../contract'

const firstWords = [
  'Amber',
  'Birch',
  'Cedar',
  'Delta',
  'Ember',
  'Fjord',
  'Grove',
  'Heron',
  'Ivory',
  'Juniper',
]
const secondWords = [
  ...['Air', 'Bank', 'Cloud', 'Dairy', 'Energy', 'Foods', 'Glass', 'Health', 'Insurance', 'Jewels'],
  ...['Kitchens', 'Lighting', 'Motors', 'Networks', 'Optics', 'Power', 'Quarries', 'Rail', 'Steel', 'Timber'],
]

/** Returns 200 invented companies. `AMAI` is Amber Air. */
export function listingsOf(random: () => number): Listing[] {
  return secondWords.flatMap((second) =>
    firstWords.map((first) => ({
      symbol: `${first.slice(0, 2)}${second.slice(0, 2)}`.toUpperCase(),
      name: `${first} ${second}`,
      open: Math.round(5_000 * 10 ** (random() * 1.3)) / 100,
    })),
  )
}
