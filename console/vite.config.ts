import react from '@vitejs/plugin-react'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

/** Text files are kept gzipped beside themselves: the binary sends those. Done when they are written, for Vite changes
 * chunks to the last. */
const gzipped: Plugin = {
  name: 'gzipped',
  apply: 'build',
  writeBundle({ dir = '' }, bundle) {
    for (const name of Object.keys(bundle).filter((name) => /\.(js|css|svg)$/.test(name))) {
      const file = join(dir, name)
      writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }))
    }
  },
}

// The page of the binary: relative addresses, so that it also works below a path of another site.
export default defineConfig({
  base: './',
  plugins: [react(), gzipped],
  build: { outDir: 'dist/page', assetsDir: 'social/assets', modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  test: { environment: 'jsdom', globals: true, setupFiles: ['tests/setup.ts'], testTimeout: 30_000, include: ['tests/**/*.test.{ts,tsx}'] },
} as Parameters<typeof defineConfig>[0])
