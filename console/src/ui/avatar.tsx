import { useState } from 'react'
import type { SocialPlatform } from '../gql/graphql'
import { Mark } from './brand'

/** Addresses that strangers wrote: https only, and only what is an address. */
export function safeMedia(url: string | null | undefined) {
  if (!url || !/^https:\/\//i.test(url)) return undefined
  try {
    new URL(url)
    return url
  } catch {
    return undefined
  }
}

/** Pictures of strangers: no referrer, initials when they are gone. */
export function Avatar({ url, name, size = 40, platform }: { url?: string | null; name: string; size?: number; platform?: SocialPlatform }) {
  const [dead, setDead] = useState<string>()
  const source = safeMedia(url)
  const letters = Array.from(name.trim()).slice(0, 1).join('').toUpperCase() || '?'
  return (
    <span className="relative shrink-0" style={{ width: size, height: size }}>
      {source && source !== dead ? (
        <img src={source} alt="" width={size} height={size} loading="lazy" referrerPolicy="no-referrer" onError={() => setDead(source)} className="size-full rounded-full object-cover" />
      ) : (
        <span aria-hidden className="flex size-full items-center justify-center rounded-full bg-raised font-semibold text-soft" style={{ fontSize: size * 0.42 }}>{letters}</span>
      )}
      {platform && (
        <span className="absolute -bottom-1 -right-1 flex size-[18px] items-center justify-center rounded-full border border-line bg-panel text-ink">
          <Mark platform={platform} size={10} />
        </span>
      )}
    </span>
  )
}
