import { ExternalLink, MessageSquare, Paperclip, RotateCcw, Send } from 'lucide-react'
import { memo, useState } from 'react'
import { useAct } from '../data/act'
import { RetryPost } from '../data/documents'
import type { Post } from '../data/hooks'
import { COUNTERS } from '../embed/read'
import { straight } from '../embed/text'
import { tintOf } from '../integrations/Preview'
import { texts } from '../texts'
import { Avatar } from '../ui/avatar'
import { Button } from '../ui/button'
import { Badge, Out } from '../ui/parts'
import { Ago } from '../ui/time'
import { useTell } from '../ui/toast'
import { Anyway, undecided, type Way } from './Anyway'
import { Decision } from './Decision'

type Delivery = Post['deliveries'][number]
interface Props { post: Post; ways?: Way[]; position: number; total: number; renew: (post: Post) => void; messageUrl?: (channel: string, message: string) => string }

const none: Way[] = []

export const PostRow = memo(function PostRow({ post, ways = none, position, total, renew, messageUrl }: Props) {
  const tell = useTell()
  const [asking, setAsking] = useState<Way[]>()
  const [retry, retrying] = useAct(RetryPost, 'socialRetryPost', ['retried', 'failed', 'nothing_to_retry'])

  const tryAgain = async (delivery?: Delivery) => {
    const done = await retry({ input: { post_id: post.id, integration_id: delivery?.integration_id ?? null } })
    if (!done) return
    if (done.post) renew(done.post)
    // Why stands in the row.
    if (done.status === 'failed') tell('bad', texts.history.failedAgain)
    else tell('good', done.message)
  }
  const ask = ({ integration_id, channel }: Delivery) => integration_id && setAsking([{ id: integration_id, channel: channel ?? null }])
  const others = undecided(post, ways)
  const media = post.media_urls.length
  return (
    <article aria-posinset={position} aria-setsize={total} className="flex gap-3 border-b px-3.5 py-3">
      <Avatar url={post.author_avatar_url} name={post.author_name} size={32} platform={post.platform} />
      <div className="min-w-0 grow">
        <p className="flex flex-wrap items-baseline gap-x-1.5 text-sm text-soft">
          <bdi className="max-w-full truncate text-base font-semibold text-ink">{post.author_name}</bdi>
          {post.account && post.account.account_name !== post.author_name && <span>· {post.account.account_name}</span>}
          <span>· <Ago at={post.posted_at} /></span>
          {post.edited_at && <span>· {texts.history.edited}</span>}
          {media > 0 && <span className="inline-flex items-center gap-0.5 self-center">· <Paperclip aria-hidden size={12} />{texts.history.media(media)}</span>}
          <Reactions engagement={post.engagement} />
          <Out href={post.post_url} className="ml-auto inline-flex items-center gap-1 self-center"><ExternalLink aria-hidden size={13} /><span className="max-sm:sr-only">{texts.history.original}</span></Out>
        </p>
        <p dir="auto" className="line-clamp-2 [overflow-wrap:anywhere]">{straight(post.content) || <span className="text-faint">{texts.history.noText}</span>}</p>
        {post.import_error && !post.deliveries.some(({ status }) => status === 'failed') && (
          <p className="mt-1 flex flex-wrap items-center gap-2 text-sm text-bad">
            {post.import_error}
            {post.deliveries.length === 0 && <Button busy={retrying} icon={<RotateCcw aria-hidden size={13} />} className="!h-7 !text-sm" onClick={() => void tryAgain()}>{texts.history.retry}</Button>}
          </p>
        )}
        <ul className="mt-1.5 grid gap-1">
          {post.deliveries.length === 0 && !post.import_error && <li className="text-sm text-faint">{texts.history.undecided}</li>}
          {post.deliveries.map((delivery) => (
            <li key={delivery.id} className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
              <Badge tint={tintOf[delivery.status]}>{texts.delivery[delivery.status]}</Badge>
              <span className="font-medium">{delivery.channel ? `#${delivery.channel.name}` : texts.integrations.channelGone}</span>
              <Decision delivery={delivery} />
              <span className="ml-auto flex gap-1">
                {delivery.status === 'failed' && <Button busy={retrying} icon={<RotateCcw aria-hidden size={13} />} className="!h-7 !text-sm" onClick={() => void tryAgain(delivery)}>{texts.history.retry}</Button>}
                {delivery.status !== 'delivered' && delivery.integration_id && (
                  <Button kind="quiet" icon={<Send aria-hidden size={13} />} className="-mr-2.5 !h-7 !text-sm" onClick={() => ask(delivery)}>{texts.history.postAnyway}</Button>
                )}
                {delivery.message_id && messageUrl && (
                  <a href={messageUrl(delivery.channel?.slug ?? delivery.channel_id, delivery.message_id)} className="inline-flex h-7 items-center gap-1 text-soft hover:underline"><MessageSquare aria-hidden size={13} />{texts.history.message}</a>
                )}
              </span>
            </li>
          ))}
        </ul>
        {others.length > 0 && <Button kind="quiet" icon={<Send aria-hidden size={13} />} className="-ml-2.5 !h-7 !text-sm" onClick={() => setAsking(others)}>{texts.history.postTo}</Button>}
      </div>
      {asking && <Anyway post={post} ways={asking} renew={renew} onClose={() => setAsking(undefined)} />}
    </article>
  )
})

function Reactions({ engagement }: { engagement: unknown }) {
  const counts = (engagement ?? {}) as Record<string, unknown>
  const told = COUNTERS.flatMap((name) => (typeof counts[name] === 'number' && name !== 'views' ? [[name, counts[name] as number] as const] : []))
  const sum = told.reduce((all, [, count]) => all + count, 0)
  if (!told.length || !sum) return null
  return <span title={told.map(([name, count]) => `${count.toLocaleString()} ${texts.embed.counts[name]}`).join(' · ')}>· {texts.history.reactions(sum)}</span>
}
