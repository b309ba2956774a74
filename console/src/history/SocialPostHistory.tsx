import { useQuery } from '@apollo/client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Inbox, Search, X } from 'lucide-react'
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { sentence } from '../data/act'
import { Channels } from '../data/documents'
import { useSocialAccounts, useSocialIntegrations, useSocialPosts, type Integration, type PostFilter } from '../data/hooks'
import type { SocialPostStatus } from '../gql/graphql'
import { texts } from '../texts'
import { Button } from '../ui/button'
import { Empty, Select, Skeleton, Trouble } from '../ui/parts'
import { Root } from '../ui/root'
import { AccountSelect } from './AccountSelect'
import type { Way } from './Anyway'
import { PostRow } from './PostRow'

export interface SocialPostHistoryProps {
  /** Begins with the posts of this account. */
  account?: string
  /** The address of a message in nchat, where there is one; the channel by its name in addresses, its slug. */
  messageUrl?: (channel: string, messageId: string) => string
  /** The most that the list is high, as CSS has it. */
  height?: string
}

/** The imported posts and what became of each. */
export function SocialPostHistory(props: SocialPostHistoryProps) {
  return <Root><History {...props} /></Root>
}

const STATUSES = Object.keys(texts.postStatus) as SocialPostStatus[]
interface Form { text: string; account: string; channel: string; status: string; from: string; to: string }
const blank: Form = { text: '', account: '', channel: '', status: '', from: '', to: '' }

/** Days of the viewer's calendar, the last one included. */
function filterOf(form: Form): PostFilter {
  const day = (value: string, plus: number) => {
    const [year = 0, month = 1, date = 1] = value.split('-').map(Number)
    return value ? new Date(year, month - 1, date + plus).toISOString() : undefined
  }
  return {
    text: form.text.trim() || undefined,
    account_id: form.account || undefined,
    channel_id: form.channel || undefined,
    status: (form.status || undefined) as SocialPostStatus | undefined,
    posted_after: day(form.from, 0),
    posted_before: day(form.to, 1),
  }
}

function History({ account = '', messageUrl, height = 'max(24rem, calc(100dvh - 14rem))' }: SocialPostHistoryProps) {
  const [form, setForm] = useState<Form>({ ...blank, account })
  const settled = useSettled(useDeferredValue(form))
  const list = useSocialPosts(filterOf(settled))
  const { integrations } = useSocialIntegrations()
  const ways = useMemo(() => {
    const ofAccount = new Map<string, Way[]>()
    for (const one of integrations ?? []) ofAccount.set(one.account_id, [...(ofAccount.get(one.account_id) ?? []), { id: one.id, channel: one.channel ?? null }])
    return ofAccount
  }, [integrations])
  const { posts, loading, error, hasMore, loadMore, refetch, renew } = list
  const isFiltered = Object.values(form).some(Boolean)
  return (
    <section aria-label={texts.tabs.history}>
      <Filters form={form} integrations={integrations ?? []} onChange={setForm} />
      {error && <div className="mb-3"><Trouble message={sentence(error)} onRetry={() => void (posts ? loadMore() : refetch())} /></div>}
      {!posts && loading && <Skeleton rows={5} className="h-20" />}
      {posts?.length === 0 && (
        <Empty icon={<Inbox aria-hidden size={28} />} title={isFiltered ? texts.history.noMatch : texts.history.none} hint={isFiltered ? undefined : texts.history.noneHint}>
          {isFiltered && <Button onClick={() => setForm(blank)}>{texts.history.clear}</Button>}
        </Empty>
      )}
      {!!posts?.length && <List posts={posts} loading={loading} hasMore={hasMore} hasFailed={!!error} onEnd={loadMore} renew={renew} ways={ways} messageUrl={messageUrl} height={height} />}
    </section>
  )
}

const QUIET_MS = 200
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), QUIET_MS)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}

function Filters({ form, integrations, onChange }: { form: Form; integrations: Integration[]; onChange: (form: Form) => void }) {
  const { accounts } = useSocialAccounts()
  const { data } = useQuery(Channels, { fetchPolicy: 'cache-and-network' })
  const says = texts.history
  // Also channels without an integration: what one that was deleted posted is still there.
  const known = [...integrations.flatMap(({ channel }) => channel ?? []), ...(data?.socialChannels ?? [])]
  const channels = [...new Map(known.map(({ id, name }) => [id, name]))].sort(([, one], [, other]) => one.localeCompare(other))
  const set = (part: Partial<Form>) => onChange({ ...form, ...part })
  return (
    <form role="search" onSubmit={(event) => event.preventDefault()} className="mb-3 grid grid-cols-2 items-center gap-2 sm:flex sm:flex-wrap">
      <div className="relative col-span-2 min-w-48 grow sm:basis-0">
        <Search aria-hidden size={15} className="pointer-events-none absolute inset-y-0 left-2.5 my-auto text-faint" />
        <input type="search" aria-label={says.search} placeholder={says.search} maxLength={200} value={form.text} onChange={(event) => set({ text: event.target.value })} className="field !pl-8" />
      </div>
      <AccountSelect accounts={accounts} value={form.account} onChange={(account) => set({ account })} className="sm:!w-auto sm:max-w-44" />
      <Select aria-label={says.channel} value={form.channel} onChange={(event) => set({ channel: event.target.value })} className="sm:!w-auto sm:max-w-44">
        <option value="">{says.allChannels}</option>
        {channels.map(([id, name]) => <option key={id} value={id}>#{name}</option>)}
      </Select>
      <Select aria-label={says.status} value={form.status} onChange={(event) => set({ status: event.target.value })} className="col-span-2 sm:!w-auto">
        <option value="">{says.allStatuses}</option>
        {STATUSES.map((status) => <option key={status} value={status}>{texts.postStatus[status]}</option>)}
      </Select>
      {(['from', 'to'] as const).map((end) => (
        <label key={end} className="min-w-0 gap-1.5 text-sm text-soft sm:flex sm:items-center">
          {says[end]}
          <input type="date" value={form[end]} max={(end === 'from' && form.to) || undefined} min={(end === 'to' && form.from) || undefined} onChange={(event) => set({ [end]: event.target.value })} className="field sm:!w-auto" />
        </label>
      ))}
      {Object.values(form).some(Boolean) && <Button kind="quiet" icon={<X aria-hidden size={15} />} aria-label={says.clear} title={says.clear} onClick={() => onChange(blank)} />}
    </form>
  )
}

type ListProps = Pick<ReturnType<typeof useSocialPosts>, 'loading' | 'hasMore' | 'renew'> & Pick<SocialPostHistoryProps, 'messageUrl' | 'height'> & {
  posts: NonNullable<ReturnType<typeof useSocialPosts>['posts']>
  /** The next page could not be read: it is asked for again by the person alone. */
  hasFailed: boolean
  onEnd: () => void
  /** The integrations of each account. */
  ways: Map<string, Way[]>
}

/** So many rows before the end the next page is asked for. */
const AHEAD = 30

/** Only the rows that are seen exist, however many there are. */
function List({ posts, loading, hasMore, hasFailed, onEnd, renew, ways, messageUrl, height }: ListProps) {
  const box = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: posts.length, getScrollElement: () => box.current, estimateSize: () => 112, overscan: 6,
    getItemKey: (at) => posts[at]?.id ?? at, initialRect: { width: 800, height: 800 },
  })
  const items = rows.getVirtualItems()
  const last = items[items.length - 1]?.index ?? 0
  useEffect(() => {
    if (last >= posts.length - AHEAD && !hasFailed) onEnd()
  }, [last, posts.length, hasFailed, onEnd])
  return (
    <>
      <div ref={box} role="feed" aria-label={texts.history.list} aria-busy={loading} tabIndex={0} className="panel relative overflow-y-auto" style={{ maxHeight: height, overflowAnchor: 'none' }}>
        <div className="relative w-full" style={{ height: rows.getTotalSize() }}>
          {items.map(({ index, key, start }) => {
            const post = posts[index]
            if (!post) return null
            return (
              <div key={key} ref={rows.measureElement} data-index={index} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${start}px)` }}>
                <PostRow post={post} ways={ways.get(post.account_id)} position={index + 1} total={hasMore ? -1 : posts.length} renew={renew} messageUrl={messageUrl} />
              </div>
            )
          })}
        </div>
      </div>
      <p className="mt-2 flex items-center gap-3 text-sm text-soft">
        <span>{texts.history.shown(posts.length, hasMore)}</span>
        {hasMore ? <Button kind="quiet" busy={loading} onClick={onEnd}>{texts.more}</Button> : texts.history.end}
      </p>
    </>
  )
}
