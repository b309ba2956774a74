import { Fragment, type ReactNode } from 'react'
import type { SocialPlatform } from '../gql/graphql'
import { Out } from '../ui/parts'

/** Signs that turn the direction of the text around them; strangers write these, too. */
const TURNING = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/g
export const straight = (text: string) => text.replace(TURNING, '')

const LINK = /https:\/\/[^\s<>"'`\u3000-\u303f]+/giu
const TAIL = /[.,;:!?)\]}»”’…]+$/u
const MENTION_OR_TAG = /(^|[^\p{L}\p{N}_/&@#])([@#])([\p{L}\p{N}_][\p{L}\p{N}_.]{0,99})/gu

const homes: Record<SocialPlatform, { mention?: (name: string) => string; tag: (word: string) => string }> = {
  twitter: { mention: (name) => `https://x.com/${name}`, tag: (word) => `https://x.com/hashtag/${word}` },
  instagram: { mention: (name) => `https://www.instagram.com/${name}/`, tag: (word) => `https://www.instagram.com/explore/tags/${word}/` },
  // A mention's text does not tell the page's address.
  linkedin: { tag: (word) => `https://www.linkedin.com/feed/hashtag/${word.toLowerCase()}/` },
}

/** The beginning of a text, so many characters long: no link, mention or hashtag is cut, for half of one leads astray. */
export function cut(text: string, most: number) {
  let end = Array.from(text).slice(0, most).join('').length
  for (const what of [LINK, MENTION_OR_TAG]) {
    for (const { index, 0: { length } } of text.matchAll(what)) {
      if (index < end && index + length > end) end = index || length
    }
  }
  return end < text.length ? `${text.slice(0, end).trimEnd()}…` : text
}

/** Underlined, for its colour alone does not set it apart from the text around it. */
const look = 'text-accent underline decoration-accent/50 underline-offset-2'

/** The text with its https links, mentions and hashtags as links; everything is text, nothing is markup. */
export function linked(text: string, platform: SocialPlatform | undefined): ReactNode[] {
  const parts: ReactNode[] = []
  let from = 0
  for (const match of text.matchAll(LINK)) {
    const tail = TAIL.exec(match[0])?.[0].length ?? 0
    const url = match[0].slice(0, match[0].length - tail)
    parts.push(<Fragment key={from}>{words(text.slice(from, match.index), platform)}</Fragment>)
    parts.push(<Out key={`l${match.index}`} href={url} className={`break-all ${look}`}>{shown(url)}</Out>)
    from = match.index + url.length
  }
  parts.push(<Fragment key={from}>{words(text.slice(from), platform)}</Fragment>)
  return parts
}

function words(text: string, platform: SocialPlatform | undefined): ReactNode[] {
  const home = platform && homes[platform]
  if (!home) return [text]
  const parts: ReactNode[] = []
  let from = 0
  for (const match of text.matchAll(MENTION_OR_TAG)) {
    const [, before = '', sign = '', raw = ''] = match
    const word = sign === '@' && platform === 'instagram' ? raw.replace(/\.+$/, '') : (raw.split('.')[0] ?? raw)
    const address = sign === '@' ? home.mention : home.tag
    if (!address || !word) continue
    const at = match.index + before.length
    parts.push(text.slice(from, at), <Out key={at} href={address(encodeURIComponent(word))} className={look}>{sign}{word}</Out>)
    from = at + 1 + word.length
  }
  parts.push(text.slice(from))
  return parts
}

function shown(url: string) {
  const bare = url.replace(/^https:\/\/(www\.)?/i, '')
  return bare.length > 48 ? `${bare.slice(0, 46)}…` : bare
}
