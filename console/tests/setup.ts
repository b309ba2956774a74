import '@testing-library/jest-dom/vitest'
import { configure } from '@testing-library/react'

// Whatever is waited for comes at once; a machine that is busy with other tests is given time.
configure({ asyncUtilTimeout: 10_000 })

// What jsdom lacks and the components touch.
class Observer {
  observe() {}
  unobserve() {}
  disconnect() {}
}
globalThis.ResizeObserver ??= Observer as unknown as typeof ResizeObserver
if (typeof Element !== 'undefined') layOut()

function layOut() {
  Element.prototype.scrollIntoView ??= () => undefined
  Element.prototype.hasPointerCapture ??= () => false
  // jsdom lays nothing out: give boxes a size, so that the list of posts has rows to show.
  Object.defineProperties(HTMLElement.prototype, {
    offsetHeight: { configurable: true, get: () => 600 },
    offsetWidth: { configurable: true, get: () => 800 },
    clientHeight: { configurable: true, get: () => 600 },
    clientWidth: { configurable: true, get: () => 800 },
  })
}
