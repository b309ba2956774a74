import { useState } from 'react'

export type Theme = 'system' | 'light' | 'dark'
const KEY = 'nchat-social-theme'

function stored(): Theme {
  try {
    const theme = localStorage.getItem(KEY)
    return theme === 'light' || theme === 'dark' ? theme : 'system'
  } catch {
    return 'system'
  }
}

function apply(theme: Theme) {
  document.documentElement.classList.remove('light', 'dark')
  if (theme !== 'system') document.documentElement.classList.add(theme)
}

// Before anything is drawn, whatever is drawn first.
apply(stored())

/** The viewer's choice, kept in this browser; the device's unless they chose. */
export function useTheme() {
  const [theme, setTheme] = useState(stored)
  const choose = (theme: Theme) => {
    setTheme(theme)
    apply(theme)
    try {
      localStorage.setItem(KEY, theme)
    } catch {
      // A browser that keeps nothing still shows the choice.
    }
  }
  return [theme, choose] as const
}
