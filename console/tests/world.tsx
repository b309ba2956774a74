import { ApolloClient, ApolloLink, ApolloProvider, InMemoryCache, Observable, type FetchResult } from '@apollo/client'
import { getMainDefinition } from '@apollo/client/utilities'
import { render } from '@testing-library/react'
import { buildSchema, execute, GraphQLError, validate, type DocumentNode } from 'graphql'
import { readFileSync } from 'node:fs'
import type { ReactNode } from 'react'

// The schema as the server prints it: a document that the server would refuse fails here, too.
const schema = buildSchema(readFileSync(process.env.SOCIAL_SCHEMA ?? '../schema/social.graphql', 'utf8'))

export type Resolvers = Record<string, (args: Record<string, never>) => unknown>

type Watcher = { next: (result: FetchResult) => void; error: (fault: unknown) => void; complete: () => void }

/**
 * Executes every document against the real schema; each root field that is asked for needs a resolver. Whoever watches
 * imports is given to `watch`.
 */
export function mount(children: ReactNode, resolvers: Resolvers, watch?: (watcher: Watcher) => void) {
  const asked: { name: string; args: unknown }[] = []
  const root = Object.fromEntries(Object.entries(resolvers).map(([name, resolve]) => [name, (args: Record<string, never>) => {
    asked.push({ name, args })
    return resolve(args)
  }]))
  const link = new ApolloLink(({ query, variables }) => new Observable((observer) => {
    const main = getMainDefinition(query)
    if (watch && main.kind === 'OperationDefinition' && main.operation === 'subscription') return watch(observer)
    const problems = validate(schema, query as DocumentNode)
    const answer = problems.length ? { errors: problems } : execute({ schema, document: query as DocumentNode, rootValue: root, variableValues: variables })
    void Promise.resolve(answer).then((result) => {
      observer.next(JSON.parse(JSON.stringify(result)))
      observer.complete()
    })
  }))
  const client = new ApolloClient({ link, cache: new InMemoryCache() })
  return { asked, ...render(<ApolloProvider client={client}>{children}</ApolloProvider>) }
}

export const refuse = (message: string) => () => {
  throw new GraphQLError(message, { extensions: { code: 'internal', request_id: 'req-1' } })
}

const AT = '2026-11-22T12:00:00Z'
export const channel = { id: 'c1', name: 'announcements', type: 'announcement', slug: 'announcements', is_archived: false, is_readonly: false }

export const account = {
  id: 'a1', platform: 'twitter', account_id: '17', account_name: 'Acme Example', account_handle: 'acme_example', profile_url: 'https://x.com/acme_example',
  avatar_url: null, is_active: true, is_connected: true, health: 'connected', health_code: null, health_message: null,
  health_action: 'Nothing: all is well.', health_since: null, login_ends_at: null, alert_channel_id: null, alert_channel: null, last_poll_time: AT, next_poll_at: '2099-01-01T00:00:00Z', next_poll_reason: 'interval', hold_until: null, is_polling: false,
  quiet_polls: 0, created_at: AT, poll_interval_s: 300, has_own_poll_interval: false, cost: { today_usd: '0.015', month_usd: '1.2', forecast_month_usd: '4' }, missing_scopes: [], integrations: [{ id: 'i1', auto_post: true, channel }],
}

export const integration = {
  id: 'i1', account_id: 'a1', channel_id: 'c1', auto_post: true, filter_hashtags: ['launch'], filter_keywords: [], exclude_retweets: true, exclude_replies: false,
  min_engagement: 0, engagement_window_hours: 24, backfill_count: 0, backfilled_at: null, created_at: AT, updated_at: AT, account, channel,
}

export const delivery = {
  id: 'd1', post_id: 'p1', integration_id: 'i1', channel_id: 'c1', status: 'filtered', reason: 'low_engagement', detail: 'It reached an engagement of 3 in the time allowed; this integration asks for 10.',
  message_id: null, attempts: 1, looks: 4, next_look_at: null, requested_by: null, requested_by_name: null, decided_at: AT, delivered_at: null, channel, integration,
}

export const post = {
  id: 'p1', account_id: 'a1', platform: 'twitter', post_id: '1', post_url: 'https://x.com/acme_example/status/1', content: 'We launch today', author_name: 'Acme Example',
  author_handle: 'acme_example', author_avatar_url: null, media_urls: [], media_types: [], engagement: { likes: 3 }, posted_at: AT, imported_at: AT, edited_at: null,
  import_error: null, account, deliveries: [delivery],
}

export const platform = {
  platform: 'twitter', name: 'X', color: '#000000', is_configured: true, offers_several_accounts: false, poll_interval_seconds: 300, least_poll_interval_seconds: 120, storage_duty: null, storage_duty_url: null,
  callback_url: 'https://chat.example/api/social/twitter/callback', scopes: [],
  standing: { is_stopped: false, code: null, message: null, hold_until: null, usage_percent: null }, billing: null,
}

export const page = (nodes: unknown[], more = false) => ({ nodes, edges: [], page_info: { has_next_page: more, has_previous_page: false, start_cursor: null, end_cursor: more ? 'next' : null } })
