import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The parts for nchat's frontends: React, Apollo Client and graphql are theirs.
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'dist/lib',
    lib: { entry: 'src/index.ts', formats: ['es'], fileName: 'index', cssFileName: 'style' },
    rollupOptions: { external: [/^react($|\/)/, /^react-dom($|\/)/, /^@apollo\/client($|\/)/, 'graphql'] },
  },
})
