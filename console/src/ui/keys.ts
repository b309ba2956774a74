import type { KeyboardEvent } from 'react'

/** The key belongs to a word that is being composed (Japanese, Chinese, …). Safari says so only by the code 229. */
export const isComposing = (event: KeyboardEvent) => event.nativeEvent.isComposing || event.keyCode === 229
