import type { Config } from 'tailwindcss'

// nchat's page has Tailwind too: everything of ours lives below .nchat-social, without resetting the page around it.
export default {
  content: ['./index.html', './src/**/*.{ts,tsx}'],
  important: '.nchat-social',
  corePlugins: { preflight: false },
  darkMode: ['variant', ['@media (prefers-color-scheme: dark) { &:not(.light *) }', '&:is(.dark *)']],
} satisfies Config
