import type { SocialPlatform } from '../gql/graphql'
import { safeMedia } from '../ui/avatar'
import { straight } from './text'

export interface EmbedMedia { url: string; type: 'image' | 'video' | 'gif'; thumbnail_url?: string; alt_text?: string }

interface Person { name?: string; handle?: string; avatar_url?: string; url?: string }

/** `embeds[0]` of a message, as far as it is what it says it is. */
export interface Embed {
  platform?: SocialPlatform
  title?: string
  url?: string
  author: Person
  /** Of a repost: who passed it on. */
  reposted_by?: Person
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

function person(value: unknown): Person {
  const { name, handle, avatar_url, url } = object(value)
  return { name: text(name), handle: text(handle), avatar_url: link(avatar_url), url: link(url) }
}

/** Reads what is stored in a message; everything in it was written by strangers. */
export function readEmbed(value: unknown): Embed | undefined {
  const raw = object(value)
  if (raw.type !== 'social') return undefined
  const counts = object(raw.engagement)
  const media = Array.isArray(raw.media) ? raw.media : []
  return {
    platform: PLATFORMS.includes(raw.platform as string) ? (raw.platform as SocialPlatform) : undefined,
    title: text(raw.title),
    url: link(raw.url),
    author: person(raw.author),
    reposted_by: raw.reposted_by ? person(raw.reposted_by) : undefined,
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
