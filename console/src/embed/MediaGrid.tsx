import { ImageOff, Play } from 'lucide-react'
import { useState } from 'react'
import { texts } from '../texts'
import type { EmbedMedia } from './read'

/** One large, two side by side, three with the first tall, four as a square. */
export function MediaGrid({ media }: { media: EmbedMedia[] }) {
  const one = media.length === 1
  return (
    <ul className={`mt-2.5 grid gap-1 overflow-hidden rounded-md ${one ? '' : 'aspect-video grid-cols-2'} ${media.length > 2 ? 'grid-rows-2' : ''}`}>
      {media.map((item, at) => (
        <li key={at} className={`relative min-h-0 overflow-hidden bg-raised ${media.length === 3 && at === 0 ? 'row-span-2' : ''} ${one ? 'aspect-video' : ''}`}>
          <Tile item={item} />
        </li>
      ))}
    </ul>
  )
}

function Tile({ item }: { item: EmbedMedia }) {
  const [state, setState] = useState<'still' | 'plays' | 'gone'>('still')
  const alt = item.alt_text ?? texts.embed.image
  if (state === 'gone') {
    return (
      <span role="img" aria-label={item.alt_text ?? texts.embed.gone} className="flex size-full flex-col items-center justify-center gap-1 p-2 text-center text-sm text-faint">
        <ImageOff aria-hidden size={20} /><span className="line-clamp-3">{item.alt_text ?? texts.embed.gone}</span>
      </span>
    )
  }
  const gone = () => setState('gone')
  if (item.type === 'image') {
    return <img src={item.url} alt={alt} loading="lazy" referrerPolicy="no-referrer" onError={gone} className="size-full object-cover" />
  }
  if (state === 'plays') {
    return (
      <video
        src={item.url} poster={item.thumbnail_url} controls={item.type === 'video'} loop={item.type === 'gif'} muted={item.type === 'gif'}
        autoPlay playsInline preload="metadata" aria-label={item.alt_text ?? texts.embed.video} onError={gone} className="size-full bg-black object-contain"
      />
    )
  }
  // Nothing of a video is read before somebody wants to see it.
  return (
    <button type="button" onClick={() => setState('plays')} aria-label={`${texts.embed.video}${item.alt_text ? `: ${item.alt_text}` : ''}`} className="group size-full">
      {item.thumbnail_url && <img src={item.thumbnail_url} alt="" loading="lazy" referrerPolicy="no-referrer" className="size-full object-cover" />}
      <span aria-hidden className="absolute inset-0 m-auto flex size-12 items-center justify-center rounded-full bg-black/65 text-white group-hover:bg-black/80"><Play size={22} fill="currentColor" /></span>
    </button>
  )
}
