import type { Config } from 'tailwindcss'

const themed = (name: string) => `rgb(var(--nchat-social-${name}) / <alpha-value>)`

// nchat's page has Tailwind too: everything of ours lives below .nchat-social, without resetting the page around it.
// Colours are variables (style.css), so that a theme is a class or the browser's preference and no second set of rules.
export default {
  content: ['./index.html', './src/**/*.{ts,tsx}'],
  important: '.nchat-social',
  corePlugins: { preflight: false },
  theme: {
    extend: {
      colors: Object.fromEntries(
        ['page', 'panel', 'raised', 'line', 'ink', 'soft', 'faint', 'accent', 'on-accent', 'good', 'warn', 'bad'].map(
          (name) => [name, themed(name)],
        ),
      ),
      fontSize: { xs: ['0.75rem', '1.1rem'], sm: ['0.8125rem', '1.2rem'], base: ['0.875rem', '1.35rem'] },
      keyframes: { 'fade-in': { from: { opacity: '0' } }, turn: { to: { transform: 'rotate(360deg)' } } },
      animation: { 'fade-in': 'fade-in 120ms ease-out', turn: 'turn 900ms linear infinite' },
    },
  },
} satisfies Config
