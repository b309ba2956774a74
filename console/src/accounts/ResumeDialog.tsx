import { useState } from 'react'
import { useAct } from '../data/act'
import { SetActive } from '../data/documents'
import type { Account } from '../data/hooks'
import { texts } from '../texts'
import { Confirm } from '../ui/dialog'
import { Check } from '../ui/parts'
import { useTell } from '../ui/toast'

/** Switches an account on again, with or without what it has published meanwhile. */
export function ResumeDialog({ account, onClose }: { account: Account; onClose: () => void }) {
  const [catch_up, setCatchUp] = useState(false)
  const [setActive, busy] = useAct(SetActive, 'socialSetAccountActive', ['active'])
  const tell = useTell()
  const says = texts.resume
  const submit = async () => {
    const done = await setActive({ input: { id: account.id, is_active: true, catch_up } })
    if (!done) return
    tell('good', done.message)
    onClose()
  }
  return (
    <Confirm open onClose={onClose} title={says.title(account.account_name)} submit={says.submit} busy={busy} onSubmit={() => void submit()}>
      <Check checked={catch_up} onChange={setCatchUp}>
        <span className="block font-medium">{says.catchUp}</span>
        <span className="block text-sm text-soft">{says.catchUpHint}</span>
      </Check>
    </Confirm>
  )
}
