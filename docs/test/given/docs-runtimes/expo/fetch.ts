// Expo is not installed.
export declare const fetch: typeof globalThis.fetch
