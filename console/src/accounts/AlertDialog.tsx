import { useState } from 'react'
import { useAct } from '../data/act'
import { SetAlertChannel } from '../data/documents'
import type { Account } from '../data/hooks'
import { ChannelPicker } from '../integrations/ChannelPicker'
import { texts } from '../texts'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Field } from '../ui/parts'
import { useTell } from '../ui/toast'

/** Where it is told that somebody must act on an account: in a channel of its own, or where the operator chose. */
export function AlertDialog({ account, onClose }: { account: Account; onClose: () => void }) {
  const own = account.alert_channel_id ?? null
  const [channel, setChannel] = useState(own)
  const [set, busy] = useAct(SetAlertChannel, 'socialSetAlertChannel', ['set'])
  const tell = useTell()
  const says = texts.alert
  const submit = async () => {
    const done = await set({ input: { account_id: account.id, channel_id: channel } })
    if (!done) return
    tell('good', done.message)
    onClose()
  }
  return (
    <Dialog
      open onClose={onClose} title={says.title(account.account_name)} lead={says.lead}
      foot={
        <>
          <Button onClick={onClose}>{texts.cancel}</Button>
          <Button kind="primary" busy={busy} disabled={channel === own} onClick={() => void submit()}>{says.submit}</Button>
        </>
      }
    >
      <Field label={says.label}>
        {(id) => <ChannelPicker id={id} value={channel} known={account.alert_channel} none={says.none} onChange={setChannel} />}
      </Field>
    </Dialog>
  )
}
