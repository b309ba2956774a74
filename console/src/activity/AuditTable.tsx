import { useQuery } from '@apollo/client'
import { sentence } from '../data/act'
import { Audit } from '../data/documents'
import { inWords, texts } from '../texts'
import { Mark } from '../ui/brand'
import { Button } from '../ui/button'
import { Trouble } from '../ui/parts'
import { Ago } from '../ui/time'

const PAGE = 20

/** Who changed connections and integrations. */
export function AuditTable() {
  const { data, error, loading, fetchMore, refetch } = useQuery(Audit, { variables: { first: PAGE }, fetchPolicy: 'network-only', notifyOnNetworkStatusChange: true })
  const log = data?.socialAuditLog
  const more = () => void fetchMore({
    variables: { after: log?.page_info.end_cursor },
    updateQuery: (old, { fetchMoreResult }) => ({
      socialAuditLog: { ...fetchMoreResult.socialAuditLog, nodes: [...old.socialAuditLog.nodes, ...fetchMoreResult.socialAuditLog.nodes] },
    }),
  })
  return (
    <div>
      <h2 className="mb-3 text-[0.95rem] font-semibold">{texts.activity.audit}</h2>
      {error && <Trouble message={sentence(error)} onRetry={() => void refetch()} />}
      {log?.nodes.length === 0 && <p className="text-soft">{texts.activity.noAudit}</p>}
      {!!log?.nodes.length && (
        <ul className="panel divide-y divide-line text-sm">
          {log.nodes.map((entry) => (
            <li key={entry.id} className="flex flex-wrap items-center gap-x-2 px-3 py-2">
              {entry.platform && <Mark platform={entry.platform} size={13} />}
              <span className="font-medium">{entry.account_name}</span>
              <span>{texts.activity.actor[entry.actor]} {inWords(texts.audit, entry.action)}</span>
              <Ago at={entry.done_at} className="ml-auto text-soft" />
            </li>
          ))}
        </ul>
      )}
      {log?.page_info.has_next_page && <Button kind="quiet" busy={loading} className="mt-1" onClick={more}>{texts.more}</Button>}
    </div>
  )
}
