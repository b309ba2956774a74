import { useState } from 'react'
import { useAct } from '../data/act'
import { Disconnect } from '../data/documents'
import type { Account } from '../data/hooks'
import { texts } from '../texts'
import { Confirm } from '../ui/dialog'
import { Check } from '../ui/parts'
import { useTell } from '../ui/toast'

interface Props { account: Account; duty?: string | null; onClose: () => void; onDone: () => void }

function useDisconnect({ account, onClose, onDone }: Props) {
  const [disconnect, busy] = useAct(Disconnect, 'socialDisconnectAccount', ['disconnected'])
  const tell = useTell()
  const submit = async (purge_posts: boolean) => {
    const done = await disconnect({ input: { id: account.id, purge_posts } })
    if (!done) return
    tell('good', done.message)
    onDone()
    onClose()
  }
  return [(purge: boolean) => void submit(purge), busy] as const
}

/** Spells out what disconnecting means, and what it does not. */
export function DisconnectDialog(props: Props) {
  const { account, duty, onClose } = props
  const [purge, setPurge] = useState(false)
  const [disconnect, busy] = useDisconnect(props)
  const channels = [...new Set(account.integrations.map(({ channel }) => (channel ? `#${channel.name}` : texts.integrations.channelGone)))]
  const says = texts.disconnect
  return (
    <Confirm
      open onClose={onClose} title={says.title(account.account_name)} lead={says.lead}
      submit={purge ? says.submitPurge : says.submit} danger busy={busy} onSubmit={() => disconnect(purge)}
    >
      <ul className="ml-4 grid list-disc gap-1.5">
        <li>{says.stops}</li>
        <li>{says.revokes}</li>
        {account.integrations.length > 0 && <li>{says.integrations(account.integrations.length, channels.join(', '))}</li>}
        <li>{says.messages}</li>
        {!purge && <li>{says.kept}</li>}
      </ul>
      {duty && <p className="mt-3 rounded-md bg-raised p-2.5 text-sm text-soft">{duty}</p>}
      <div className="mt-4 border-t pt-3">
        <Check checked={purge} onChange={setPurge}>
          <span className="block font-medium">{says.purge}</span>
          <span className="block text-sm text-soft">{says.purgeHint}</span>
        </Check>
      </div>
    </Confirm>
  )
}

/** Deletes what is left of an account that is disconnected already. */
export function RemoveDialog(props: Props) {
  const { account, onClose } = props
  const [remove, busy] = useDisconnect(props)
  const says = texts.remove
  return (
    <Confirm
      open onClose={onClose} title={says.title(account.account_name)} lead={says.lead}
      submit={says.submit} danger busy={busy} onSubmit={() => remove(true)}
    >
      <ul className="ml-4 grid list-disc gap-1.5">
        <li>{says.gone}</li>
        {account.integrations.length > 0 && <li>{says.integrations(account.integrations.length)}</li>}
        <li>{says.messages}</li>
      </ul>
    </Confirm>
  )
}
