import type { Options } from 'tsup'

/** The build of every package: ESM, CommonJS and declarations for each file directly in `src/`. */
export const preset: Options = {
  entry: ['src/*.ts', '!src/*.test.ts', '!src/*.test-d.ts'],
  format: ['esm', 'cjs'],
  target: 'es2022',
  // tsup builds declarations with an option that TypeScript 6 deprecates.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  sourcemap: true,
  // The package contains the sources as files.
  esbuildOptions: (options) => {
    options.sourcesContent = false
  },
  splitting: true,
  // Makes Rollup build CommonJS. Otherwise tsup uses Sucrase, which turns `?.`, `??` and class fields into
  // calls of helpers (delivery took an eighth more CPU) and writes local paths into source maps.
  treeshake: true,
  // Edge bundlers recognise Node's modules by the prefix.
  removeNodeProtocol: false,
  clean: true,
}
