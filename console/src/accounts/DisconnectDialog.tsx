import { useState } from 'react'
import { useAct } from '../data/act'
import { Disconnect } from '../data/documents'
import type { Account } from '../data/hooks'
import { texts } from '../texts'
import { Confirm } from '../ui/dialog'
import { Check } from '../ui/parts'
import { useTell } from '../ui/toast'

interface Props { account: Account; duty?: string | null; onClose: () => void; onDone: () => void }

/** Spells out what disconnecting means, and what it does not. */
export function DisconnectDialog({ account, duty, onClose, onDone }: Props) {
  const [purge, setPurge] = useState(false)
  const [disconnect, busy] = useAct(Disconnect, 'socialDisconnectAccount', ['disconnected'])
  const tell = useTell()
  const channels = [...new Set(account.integrations.map(({ channel }) => (channel ? `#${channel.name}` : texts.integrations.channelGone)))]
  const submit = async () => {
    const done = await disconnect({ input: { id: account.id, purge_posts: purge } })
    if (!done) return
    tell('good', done.message)
    onDone()
    onClose()
  }
  const says = texts.disconnect
  return (
    <Confirm
      open onClose={onClose} title={says.title(account.account_name)} lead={says.lead}
      submit={purge ? says.submitPurge : says.submit} danger busy={busy} onSubmit={() => void submit()}
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
