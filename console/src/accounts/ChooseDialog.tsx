import { useQuery } from '@apollo/client'
import { useState } from 'react'
import { sentence, useAct } from '../data/act'
import { Choose, Connection } from '../data/documents'
import { texts } from '../texts'
import { handleOf } from '../ui/brand'
import { Avatar } from '../ui/avatar'
import { dollars } from './Cost'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Check, Skeleton, Trouble } from '../ui/parts'
import { useTell } from '../ui/toast'

/** Chooses among the accounts that a login can read. */
export function ChooseDialog({ connection: id, onClose, onDone }: { connection: string; onClose: () => void; onDone: () => void }) {
  const { data, error, refetch } = useQuery(Connection, { variables: { id }, fetchPolicy: 'network-only' })
  const [picked, setPicked] = useState<ReadonlySet<string>>()
  const [choose, busy] = useAct(Choose, 'socialChooseIdentities', ['connected'])
  const tell = useTell()
  const connection = data?.socialConnection
  const open = connection?.status === 'choosing'
  const identities = connection?.identities ?? []

  // The only one is chosen unless the person says otherwise.
  const only = identities.length === 1 ? identities[0] : undefined
  const chosen = picked ?? new Set(only && [only.identity_id])

  const toggle = (identity: string, on: boolean) => {
    const next = new Set(chosen)
    if (on) next.add(identity)
    else next.delete(identity)
    setPicked(next)
  }
  const submit = async () => {
    const done = await choose({ input: { connection_id: id, identity_ids: [...chosen] } })
    if (!done) return
    tell('good', texts.chosen(done.accounts.map(({ account_name }) => account_name).join(', ')))
    onDone()
    onClose()
  }
  return (
    <Dialog
      open onClose={onClose} title={texts.choose.title}
      lead={connection && open ? (only ? texts.choose.one(texts.platform[connection.platform]) : texts.choose.lead(connection.logged_in_as ?? null)) : undefined}
      foot={
        <>
          <Button onClick={onClose}>{texts.cancel}</Button>
          <Button kind="primary" busy={busy} disabled={!open || chosen.size === 0} onClick={() => void submit()}>{texts.choose.submit(chosen.size)}</Button>
        </>
      }
    >
      {error && <Trouble message={sentence(error)} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={2} className="h-14" />}
      {data && !open && <p role="alert">{connection?.message ?? texts.choose.gone}</p>}
      {connection && open && (
        <ul className="grid gap-1">
          {identities.map((identity) => (
            <li key={identity.identity_id} className="rounded-md px-2 py-2 hover:bg-raised">
              <Check checked={chosen.has(identity.identity_id)} onChange={(on) => toggle(identity.identity_id, on)}>
                <span className="flex items-center gap-2.5">
                  <Avatar url={identity.avatar_url} name={identity.name} size={32} />
                  <span className="min-w-0">
                    <span className="block truncate font-medium">{identity.name}</span>
                    {identity.forecast_month_usd != null && <span className="block text-sm text-soft">{texts.choose.forecast(dollars(identity.forecast_month_usd))}</span>}
                    {identity.forecast_month_lookups_usd != null && <span className="block text-sm text-soft">{texts.choose.lookups(dollars(identity.forecast_month_lookups_usd))}</span>}
                    {identity.handle && <span className="block truncate text-sm text-soft">{handleOf(connection.platform, identity.handle)}</span>}
                  </span>
                </span>
              </Check>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  )
}
