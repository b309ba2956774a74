import { useQuery } from '@apollo/client'
import { useState } from 'react'
import { sentence } from '../data/act'
import { Audit } from '../data/documents'
import type { ConsoleAuditQuery } from '../gql/graphql'
import { inWords, texts } from '../texts'
import { Mark } from '../ui/brand'
import { Button } from '../ui/button'
import { Skeleton, Trouble } from '../ui/parts'
import { Ago } from '../ui/time'

const PAGE = 20

type Entry = ConsoleAuditQuery['socialAuditLog']['nodes'][number]

/** By name where it is known; without a person it was the operator's token, or Hasura's admin secret. */
function who({ actor, user_id, user_name }: Entry) {
  const says = texts.activity.actor
  if (actor !== 'administrator') return says[actor]
  return user_name ?? (user_id ? says.administrator : says.operator)
}

/** Who changed connections and integrations. */
export function AuditTable() {
  const [fault, setFault] = useState<unknown>()
  const { data, error = fault, loading, fetchMore, refetch } = useQuery(Audit, { variables: { first: PAGE }, fetchPolicy: 'network-only', notifyOnNetworkStatusChange: true })
  const log = data?.socialAuditLog
  const more = async () => {
    setFault(undefined)
    try {
      await fetchMore({
        variables: { after: log?.page_info.end_cursor },
        updateQuery: (old, { fetchMoreResult }) => ({
          socialAuditLog: { ...fetchMoreResult.socialAuditLog, nodes: [...old.socialAuditLog.nodes, ...fetchMoreResult.socialAuditLog.nodes] },
        }),
      })
    } catch (fault) {
      // What is shown stays.
      setFault(fault)
    }
  }
  const again = () => void (fault ? more() : refetch().catch(() => undefined))
  return (
    <div>
      <h2 className="mb-3 text-[0.95rem] font-semibold">{texts.activity.audit}</h2>
      {!!error && <div className="mb-3"><Trouble message={sentence(error)} onRetry={again} /></div>}
      {!log && loading && <Skeleton rows={1} className="h-32" />}
      {log?.nodes.length === 0 && <p className="text-soft">{texts.activity.noAudit}</p>}
      {!!log?.nodes.length && (
        <ul aria-label={texts.activity.audit} aria-busy={loading} className="panel divide-y divide-line text-sm">
          {log.nodes.map((entry) => (
            <li key={entry.id} className="flex flex-wrap items-center gap-x-2 px-3 py-2">
              {entry.platform && <Mark platform={entry.platform} size={13} />}
              <span className="font-medium">{entry.account_name}</span>
              <span className="min-w-0 break-words">{texts.activity.did(who(entry), inWords(texts.audit, entry.action))}</span>
              <Ago at={entry.done_at} className="ml-auto text-soft" />
            </li>
          ))}
        </ul>
      )}
      {log?.page_info.has_next_page && <Button kind="quiet" busy={loading} className="mt-1" onClick={() => void more()}>{texts.more}</Button>}
    </div>
  )
}
