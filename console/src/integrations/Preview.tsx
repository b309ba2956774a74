import { useQuery } from '@apollo/client'
import { useEffect, useState, type ReactNode } from 'react'
import { sentence } from '../data/act'
import { Preview as PreviewQuery } from '../data/documents'
import { SocialEmbed } from '../embed/SocialEmbed'
import { straight } from '../embed/text'
import type { ConsolePreviewQuery, SocialDeliveryStatus } from '../gql/graphql'
import { inWords, texts } from '../texts'
import { Badge, Select, Skeleton, Trouble, type Tint } from '../ui/parts'
import { Ago } from '../ui/time'
import { filtersOf, type Rule } from './rule'

export const tintOf: Record<SocialDeliveryStatus, Tint> = { delivered: 'good', waiting: 'warn', filtered: 'plain', failed: 'bad' }
const SIZES = [50, 100, 200]
const QUIET_MS = 250

type Result = ConsolePreviewQuery['socialPreviewFilter']

/** What a rule would make of the latest posts: asked anew shortly after every change. */
export function Preview({ rule, integration }: { rule: Rule; integration?: string }) {
  const input = { account_id: rule.account_id, channel_id: rule.channel_id || null, integration_id: integration ?? null, ...filtersOf(rule) }
  const key = JSON.stringify(input)
  const [settled, setSettled] = useState(key)
  const [first, setFirst] = useState(50)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(key), QUIET_MS)
    return () => clearTimeout(timer)
  }, [key])
  const { data, previousData, error, loading, refetch } = useQuery(PreviewQuery, {
    variables: { input: JSON.parse(settled) as typeof input, first }, skip: !rule.account_id || !(JSON.parse(settled) as typeof input).account_id, fetchPolicy: 'no-cache',
  })
  const result = (data ?? previousData)?.socialPreviewFilter
  const says = texts.preview
  return (
    <section aria-label={says.title} aria-busy={loading} className="min-w-0">
      <header className="mb-2 flex items-center justify-between gap-3">
        <h3 className="font-semibold">{says.title}</h3>
        <label className="flex items-center gap-2 text-sm text-soft">
          {says.size}
          <Select value={first} onChange={(event) => setFirst(Number(event.target.value))} className="!h-7 !w-auto !text-sm">
            {SIZES.map((size) => <option key={size}>{size}</option>)}
          </Select>
        </label>
      </header>
      {!rule.account_id && <p className="rounded-md bg-raised p-4 text-soft">{says.choose}</p>}
      {error && <Trouble message={sentence(error)} onRetry={() => void refetch()} />}
      {rule.account_id && !result && !error && <Skeleton rows={2} className="h-20" />}
      {rule.account_id && result && !error && <Shown result={result} compared={!!integration} />}
    </section>
  )
}

function Shown({ result, compared }: { result: Result; compared: boolean }) {
  const [chosen, setChosen] = useState<string>()
  const says = texts.preview
  if (result.status !== 'previewed') {
    return <p role="alert" className="rounded-md bg-warn/10 p-3">{result.problems.map(({ message }) => message).join(' ') || result.message}</p>
  }
  if (result.total === 0) return <p className="rounded-md bg-raised p-4 text-soft">{says.empty}</p>
  const shown = result.posts.find(({ post }) => post.id === chosen) ?? result.posts.find(({ status }) => status === 'delivered') ?? result.posts[0]
  return (
    <>
      <p className="text-soft">{says.lead(result.total)}</p>
      <p aria-live="polite" className="mt-1.5 flex flex-wrap gap-1.5">
        <Badge tint="good">{says.posted(result.delivered)}</Badge>
        {result.waiting > 0 && <Badge tint="warn">{says.waiting(result.waiting)}</Badge>}
        <Badge>{says.filtered(result.filtered)}</Badge>
        {result.failed > 0 && <Badge tint="bad">{says.failed(result.failed)}</Badge>}
        {compared && (
          result.gained + result.lost > 0 ? (
            <>
              {result.gained > 0 && <Badge tint="accent">{says.gained(result.gained)}</Badge>}
              {result.lost > 0 && <Badge tint="bad">{says.lost(result.lost)}</Badge>}
            </>
          ) : <Badge>{says.unchanged}</Badge>
        )}
      </p>
      <ul className="mt-2.5 max-h-64 divide-y divide-line overflow-y-auto rounded-md border" tabIndex={0} aria-label={says.title}>
        {result.posts.map((previewed) => (
          <li key={previewed.post.id}>
            <button
              type="button" aria-pressed={previewed === shown} onClick={() => setChosen(previewed.post.id)} title={says.select}
              className={`flex w-full items-center gap-2 px-2.5 py-1.5 text-left hover:bg-raised ${previewed === shown ? 'bg-raised' : ''}`}
            >
              <span className="min-w-0 grow">
                <span className="block truncate">{straight(previewed.post.content) || texts.history.noText}</span>
                <span className="block break-words text-sm text-soft"><Ago at={previewed.post.posted_at} />{why(previewed)}</span>
              </span>
              {previewed.change && <Badge tint={previewed.change === 'gained' ? 'accent' : 'bad'}>{says.change[previewed.change]}</Badge>}
              <Badge tint={tintOf[previewed.status]}>{texts.delivery[previewed.status]}</Badge>
            </button>
          </li>
        ))}
      </ul>
      {shown && (
        <div className="mt-4">
          <h4 className="mb-1.5 text-sm font-medium text-soft">{says.looks}</h4>
          <SocialEmbed embed={shown.embed} />
        </div>
      )}
    </>
  )
}

function why({ reason, detail }: Result['posts'][number]): ReactNode {
  if (!reason) return null
  return <> · {detail ?? inWords(texts.reason, reason)}</>
}
