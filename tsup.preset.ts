import type { Options } from 'tsup'

/** What every package's build shares: ESM, CommonJS and declarations for each file directly in `src/`. */
export const preset: Options = {
  entry: ['src/*.ts', '!src/*.test.ts', '!src/*.test-d.ts'],
  format: ['esm', 'cjs'],
  target: 'es2022',
  // tsup drives the declaration build through an option TypeScript 6 deprecates.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  sourcemap: true,
  // The sources are shipped as files of their own.
  esbuildOptions: (options) => {
    options.sourcesContent = false
  },
  splitting: true,
  // Has Rollup make CommonJS. Without it, tsup has Sucrase do that, which turns `?.`, `??` and class fields into calls of
  // helpers (delivery took an eighth more CPU) and writes the builder's own paths into source maps.
  treeshake: true,
  // Bundlers for the edge know Node's modules by this prefix.
  removeNodeProtocol: false,
  clean: true,
}
