import { Eye, Heart, MessageCircle, Quote, Repeat2, Share2, type LucideIcon } from 'lucide-react'
import { useMemo, useState } from 'react'
import { texts } from '../texts'
import { Avatar } from '../ui/avatar'
import { Mark } from '../ui/brand'
import { Out } from '../ui/parts'
import { Ago } from '../ui/time'
import { MediaGrid } from './MediaGrid'
import { readEmbed, type Embed } from './read'
import { cut, linked } from './text'
import '../style.css'

const icons: Record<string, LucideIcon> = {
  likes: Heart, comments: MessageCircle, replies: MessageCircle, retweets: Repeat2, shares: Share2, quotes: Quote, views: Eye,
}
const tints = { twitter: 'border-l-ink', instagram: 'border-l-[#E4405F]', linkedin: 'border-l-[#0A66C2]' }
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 })
const LONG = 560

/** A post as an embed of a message: `embeds[0]` with `type: "social"`. Anything else draws nothing. */
export function SocialEmbed({ embed }: { embed: unknown }) {
  const read = useMemo(() => readEmbed(embed), [embed])
  if (!read) return null
  // A page of messages has many of these: nothing but the styles, and drawn at once, also on a server.
  return <div className="nchat-social"><Card embed={read} /></div>
}

function Card({ embed }: { embed: Embed }) {
  const { platform, author, url } = embed
  const reposter = embed.reposted_by?.name ?? embed.reposted_by?.handle
  const name = author.name ?? author.handle ?? embed.title ?? ''
  const where = platform ? texts.platform[platform] : ''
  return (
    <article
      aria-label={embed.title ?? name}
      className={`panel max-w-xl overflow-hidden border-l-[3px] p-3 text-base text-ink ${platform ? tints[platform] : ''}`}
    >
      {reposter && (
        <p className="mb-2 flex min-w-0 items-center gap-1.5 text-sm text-soft">
          <Repeat2 aria-hidden size={14} className="shrink-0" /><span className="truncate"><Out href={embed.reposted_by?.url}><bdi>{reposter}</bdi></Out> {texts.embed.reposted}</span>
        </p>
      )}
      <header className="flex items-center gap-2.5">
        <Avatar url={author.avatar_url} name={name} size={36} />
        <div className="min-w-0 grow leading-tight">
          <Out href={author.url} className="block truncate font-semibold"><bdi>{name}</bdi></Out>
          {author.handle && author.name && (
            <Out href={author.url} className="block truncate text-sm text-soft"><bdi>@{author.handle}</bdi></Out>
          )}
        </div>
        {platform && <Mark platform={platform} size={18} className="self-start text-soft" />}
      </header>
      {embed.description && <Text text={embed.description} platform={platform} />}
      {embed.media.length > 0 && <MediaGrid media={embed.media} />}
      <footer className="mt-2.5 flex flex-wrap items-center gap-x-3.5 gap-y-1 text-sm text-soft">
        {embed.engagement.filter(([, count]) => count > 0).map(([counter, count]) => {
          const Icon = icons[counter] ?? Eye
          const label = texts.embed.counts[counter as keyof typeof texts.embed.counts]
          return (
            <span key={counter} title={`${count.toLocaleString()} ${label}`} className="inline-flex items-center gap-1">
              <Icon aria-hidden size={14} />{compact.format(count)}<span className="sr-only"> {label}</span>
            </span>
          )
        })}
        <span className="ml-auto inline-flex flex-wrap gap-x-2">
          {embed.posted_at && (
            <Out href={url}><Ago at={embed.posted_at} says={texts.embed.ago} /></Out>
          )}
          {url && <Out href={url} icon className="text-accent">{texts.embed.view(where || new URL(url).hostname)}</Out>}
        </span>
      </footer>
    </article>
  )
}

function Text({ text, platform }: { text: string; platform: Embed['platform'] }) {
  const [open, setOpen] = useState(false)
  const short = useMemo(() => (text.length > LONG ? cut(text, LONG - 60) : text), [text])
  const isLong = short !== text
  return (
    <div className="mt-2">
      <p dir="auto" className="max-h-96 overflow-y-auto whitespace-pre-wrap [overflow-wrap:anywhere]" tabIndex={open ? 0 : undefined}>{linked(isLong && !open ? short : text, platform)}</p>
      {isLong && (
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className="mt-1 rounded text-sm font-medium text-accent hover:underline">
          {open ? texts.embed.less : texts.embed.more}
        </button>
      )}
    </div>
  )
}
