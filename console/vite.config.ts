import react from '@vitejs/plugin-react'
import { gzipSync } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

/** Text files are kept gzipped beside themselves: the binary sends those. */
const gzipped: Plugin = {
  name: 'gzipped',
  apply: 'build',
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      const source = file.type === 'chunk' ? file.code : file.source
      if (/\.(js|css|svg)$/.test(file.fileName)) {
        this.emitFile({ type: 'asset', fileName: `${file.fileName}.gz`, source: gzipSync(source, { level: 9 }) })
      }
    }
  },
}

// The page of the binary: relative addresses, so that it also works below a path of another site.
export default defineConfig({
  base: './',
  plugins: [react(), gzipped],
  build: { outDir: 'dist/page', assetsDir: 'social/assets', modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  test: { environment: 'jsdom', globals: true, setupFiles: ['tests/setup.ts'], include: ['tests/**/*.test.{ts,tsx}'] },
} as Parameters<typeof defineConfig>[0])
