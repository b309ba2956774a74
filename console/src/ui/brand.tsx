import type { SocialPlatform } from '../gql/graphql'
import { texts } from '../texts'

/** Simple drawings of the platforms' marks, in the colour of the text. */
const paths: Record<SocialPlatform, string> = {
  twitter: 'M3.5 3h5.1l4.2 5.7L17.6 3h2.5l-6.2 7.3L20.9 21h-5.1l-4.6-6.3L5.8 21H3.300l6.700-7.900zm3 1.800 10.200 14.400h1.500L8 4.800z',
  instagram:
    'M8 2.500h8A5.500 5.500 0 0 1 21.500 8v8a5.500 5.500 0 0 1-5.500 5.500H8A5.500 5.500 0 0 1 2.500 16V8A5.500 5.500 0 0 1 8 2.500zm0 2A3.500 3.500 0 0 0 4.500 8v8A3.500 3.500 0 0 0 8 19.500h8a3.500 3.500 0 0 0 3.500-3.500V8A3.500 3.500 0 0 0 16 4.500zm4 2.800a4.700 4.700 0 1 1 0 9.400 4.700 4.700 0 0 1 0-9.400zm0 2a2.700 2.700 0 1 0 0 5.400 2.700 2.700 0 0 0 0-5.400zm4.900-3.300a1.100 1.100 0 1 1 0 2.200 1.100 1.100 0 0 1 0-2.200z',
  linkedin:
    'M4.500 3h15A1.500 1.500 0 0 1 21 4.500v15a1.500 1.500 0 0 1-1.500 1.500h-15A1.500 1.500 0 0 1 3 19.500v-15A1.500 1.500 0 0 1 4.500 3zM6 10v8h2.500v-8zm1.250-4a1.450 1.450 0 1 0 0 2.900 1.450 1.450 0 0 0 0-2.900zM10.500 10v8H13v-4.200c0-1.200.6-1.900 1.600-1.900s1.400.7 1.400 1.900V18h2.500v-4.700c0-2.300-1.200-3.500-3-3.500-1.300 0-2.100.6-2.500 1.300V10z',
}

/** The mark, in the colour of the text around it: platforms' own colours vanish on one of the two themes. Silent: its name
 * stands beside it. */
export function Mark({ platform, size = 16, className = '', silent }: { platform: SocialPlatform; size?: number; className?: string; silent?: boolean }) {
  return (
    <svg {...(silent ? { 'aria-hidden': true } : { role: 'img', 'aria-label': texts.platform[platform] })} viewBox="0 0 24 24" width={size} height={size} fill="currentColor" fillRule="evenodd" className={`shrink-0 ${className}`}>
      <path d={paths[platform]} />
    </svg>
  )
}

/** LinkedIn's pages have names in addresses, and no handles. */
export const handleOf = (platform: SocialPlatform, handle: string | null | undefined) =>
  handle && platform !== 'linkedin' ? `@${handle}` : (handle ?? texts.platform[platform])
