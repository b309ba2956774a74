import type { ReactNode } from 'react'
import type { Post } from '../data/hooks'
import { inWords, texts } from '../texts'
import { Ago } from '../ui/time'

type Delivery = Post['deliveries'][number]

/** A decision in sentences: the service's own, how often it looked and when it looks again, and who asked. */
export function Decision({ delivery }: { delivery: Delivery }) {
  const { reason, detail, status, looks, next_look_at, attempts, delivered_at, requested_by, requested_by_name } = delivery
  const says = texts.history
  const isAnyway = reason === 'posted_anyway'
  const sentences: ReactNode[] = []
  // The service's sentence says that an administrator did it; with the name, it is said once.
  if (isAnyway && requested_by_name) sentences.push(says.postedBy(requested_by_name))
  else if (reason) sentences.push(detail ?? inWords(texts.reason, reason))
  if (looks > 0 && status !== 'delivered') sentences.push(says.looks(looks))
  if (status === 'waiting' && next_look_at) sentences.push(<>{says.nextLook} <Ago at={next_look_at} />.</>)
  if (status === 'failed' && attempts > 1) sentences.push(says.attempts(attempts))
  if (requested_by && !isAnyway) sentences.push(says.askedFor(requested_by_name ?? null))
  return (
    <span className="min-w-0 break-words text-soft">
      {status === 'delivered' && delivered_at && <><Ago at={delivered_at} />{sentences.length > 0 && ' · '}</>}
      {sentences.map((sentence, at) => <span key={at}>{at > 0 && ' '}{sentence}</span>)}
    </span>
  )
}
