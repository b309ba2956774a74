import type { Integration } from '../data/hooks'
import { texts } from '../texts'

/** What a person edits. */
export interface Rule {
  account_id: string
  channel_id: string
  auto_post: boolean
  filter_hashtags: string[]
  filter_keywords: string[]
  exclude_retweets: boolean
  exclude_replies: boolean
  min_engagement: number
  engagement_window_hours: number
  backfill_count: number
}

export const emptyRule = (account_id = ''): Rule => ({
  account_id, channel_id: '', auto_post: true, filter_hashtags: [], filter_keywords: [], exclude_retweets: false,
  exclude_replies: false, min_engagement: 0, engagement_window_hours: 24, backfill_count: 0,
})

export const ruleOf = (row: Integration): Rule => ({
  account_id: row.account_id, channel_id: row.channel_id, auto_post: row.auto_post, filter_hashtags: row.filter_hashtags,
  filter_keywords: row.filter_keywords, exclude_retweets: row.exclude_retweets, exclude_replies: row.exclude_replies,
  min_engagement: row.min_engagement, engagement_window_hours: row.engagement_window_hours, backfill_count: row.backfill_count,
})

/** The filters alone, as preview, creation and change take them. */
export const filtersOf = ({ filter_hashtags, filter_keywords, exclude_retweets, exclude_replies, min_engagement, engagement_window_hours }: Rule) => ({
  filter_hashtags, filter_keywords, exclude_retweets, exclude_replies, min_engagement, engagement_window_hours,
})

/** A rule in words, part by part. */
export function inWords(row: Integration): { kind: 'tag' | 'word' | 'plain'; text: string }[] {
  const says = texts.integrations
  const parts = [
    ...row.filter_hashtags.map((tag) => ({ kind: 'tag' as const, text: `#${tag}` })),
    ...row.filter_keywords.map((word) => ({ kind: 'word' as const, text: `“${word}”` })),
    ...(row.exclude_retweets ? [{ kind: 'plain' as const, text: says.noReposts }] : []),
    ...(row.exclude_replies ? [{ kind: 'plain' as const, text: says.noReplies }] : []),
    ...(row.min_engagement > 0 ? [{ kind: 'plain' as const, text: says.atLeast(row.min_engagement, row.engagement_window_hours) }] : []),
  ]
  return parts.length ? parts : [{ kind: 'plain', text: says.allPosts }]
}
