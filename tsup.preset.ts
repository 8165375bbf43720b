import type { Options } from 'tsup'

/** What every package's build shares: ESM, CommonJS and declarations for each file directly in `src/`. */
export const preset: Options = {
  entry: ['src/*.ts', '!src/*.test.ts', '!src/*.test-d.ts'],
  format: ['esm', 'cjs'],
  target: 'es2022',
  // tsup drives the declaration build through an option TypeScript 6 deprecates.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  sourcemap: true,
  splitting: true,
  clean: true,
}
