import type { SocialPlatform } from '../gql/graphql'
import { safeMedia } from '../ui/avatar'
import { straight } from './text'

export interface EmbedMedia { url: string; type: 'image' | 'video' | 'gif'; thumbnail_url?: string; alt_text?: string }

/** `embeds[0]` of a message, as far as it is what it says it is. */
export interface Embed {
  platform?: SocialPlatform
  title?: string
  url?: string
  author: { name?: string; handle?: string; avatar_url?: string; url?: string }
  description: string
  media: EmbedMedia[]
  engagement: [name: string, count: number][]
  posted_at?: string
}

export const COUNTERS = ['likes', 'comments', 'replies', 'retweets', 'shares', 'quotes', 'views'] as const
const PLATFORMS = ['twitter', 'instagram', 'linkedin']
const MOST_MEDIA = 4

type Unknown = Record<string, unknown>
const object = (value: unknown): Unknown => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Unknown) : {})
const text = (value: unknown) => (typeof value === 'string' && value.trim() ? straight(value) : undefined)
const link = (value: unknown) => safeMedia(typeof value === 'string' ? value : undefined)

/** Reads what is stored in a message; everything in it was written by strangers. */
export function readEmbed(value: unknown): Embed | undefined {
  const raw = object(value)
  if (raw.type !== 'social') return undefined
  const author = object(raw.author)
  const counts = object(raw.engagement)
  const media = Array.isArray(raw.media) ? raw.media : []
  return {
    platform: PLATFORMS.includes(raw.platform as string) ? (raw.platform as SocialPlatform) : undefined,
    title: text(raw.title),
    url: link(raw.url),
    author: { name: text(author.name), handle: text(author.handle), avatar_url: link(author.avatar_url), url: link(author.url) },
    description: text(raw.description) ?? '',
    media: media.flatMap((item) => {
      const { url, type, thumbnail_url, alt_text } = object(item)
      const address = link(url)
      if (!address) return []
      const kind = type === 'video' || type === 'gif' ? type : 'image'
      return [{ url: address, type: kind, thumbnail_url: link(thumbnail_url), alt_text: text(alt_text) } satisfies EmbedMedia]
    }).slice(0, MOST_MEDIA),
    engagement: COUNTERS.flatMap((name) => {
      const count = counts[name]
      return typeof count === 'number' && Number.isFinite(count) && count >= 0 ? [[name, count] as [string, number]] : []
    }),
    posted_at: typeof raw.posted_at === 'string' && !Number.isNaN(Date.parse(raw.posted_at)) ? raw.posted_at : undefined,
  }
}
