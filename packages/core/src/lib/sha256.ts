/**
 * Returns the SHA-256 hash of a text in base64url, at once and in every runtime: WebCrypto's takes a turn of the event
 * loop, and Node's is not in browsers. It is for short texts that are hashed seldom.
 */
export function sha256(text: string): string {
  const words = padded(new TextEncoder().encode(text))
  const state = Uint32Array.from(initialState)
  const schedule = new Uint32Array(64)
  for (let start = 0; start < words.length; start += 16) {
    schedule.set(words.subarray(start, start + 16))
    compress(state, schedule)
  }
  const bytes = [...state].flatMap((word) => [
    word >>> 24,
    (word >>> 16) & 255,
    (word >>> 8) & 255,
    word & 255,
  ])
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** Returns the blocks of a message as big-endian words: FIPS 180-4 section 5.1.1. */
function padded(message: Uint8Array): Uint32Array {
  const bytes = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64)
  bytes.set(message)
  bytes[message.length] = 128
  const view = new DataView(bytes.buffer)
  view.setUint32(bytes.length - 8, Math.floor(message.length / 2 ** 29))
  view.setUint32(bytes.length - 4, message.length * 8)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4))
}

/** Hashes one block into the state: FIPS 180-4 section 6.2.2. */
function compress(state: Uint32Array, schedule: Uint32Array): void {
  for (let t = 16; t < 64; t += 1) {
    const [x, y] = [at(schedule, t - 15), at(schedule, t - 2)]
    const small0 = rotated(x, 7) ^ rotated(x, 18) ^ (x >>> 3)
    const small1 = rotated(y, 17) ^ rotated(y, 19) ^ (y >>> 10)
    schedule[t] = small1 + at(schedule, t - 7) + small0 + at(schedule, t - 16)
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let t = 0; t < 64; t += 1) {
    const large1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
    const first = (h + large1 + ((e & f) ^ (~e & g)) + at(constants, t) + at(schedule, t)) | 0
    const large0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
    const second = (large0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0]
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index] = at(state, index) + word
}

function rotated(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}

function at(words: Uint32Array, index: number): number {
  return words[index] ?? 0
}

const primes = firstPrimes(64)
const initialState = primes.slice(0, 8).map((prime) => fractionOf(prime ** (1 / 2)))
const constants = Uint32Array.from(primes, (prime) => fractionOf(prime ** (1 / 3)))

function firstPrimes(count: number): readonly number[] {
  const found: number[] = []
  for (let n = 2; found.length < count; n += 1) if (found.every((prime) => n % prime !== 0)) found.push(n)
  return found
}

/** Returns the first 32 bits of the fraction. */
function fractionOf(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32)
}
