import { useState } from 'react'
import { useAct } from '../data/act'
import { SetPollInterval } from '../data/documents'
import type { Account, Platform } from '../data/hooks'
import { texts } from '../texts'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Field, Select } from '../ui/parts'
import { inUnits } from '../ui/time'
import { useTell } from '../ui/toast'

const MINUTE_S = 60
const HOUR_S = 60 * MINUTE_S
const CHOICES_S = [MINUTE_S, 2 * MINUTE_S, 5 * MINUTE_S, 10 * MINUTE_S, 15 * MINUTE_S, 30 * MINUTE_S, HOUR_S, 2 * HOUR_S, 4 * HOUR_S, 12 * HOUR_S, 24 * HOUR_S]

interface Props { account: Account; platform: Platform; onClose: () => void }

/** How often an account is read: what its platform allows, or as the platform's accounts are. */
export function IntervalDialog({ account, platform, onClose }: Props) {
  const own = account.has_own_poll_interval ? account.poll_interval_s : undefined
  const [seconds, setSeconds] = useState(own)
  const [set, busy] = useAct(SetPollInterval, 'socialSetPollInterval', ['set'])
  const tell = useTell()
  const says = texts.interval
  const least = platform.least_poll_interval_seconds
  const choices = [...new Set([least, ...CHOICES_S, ...(own ? [own] : [])])].filter((choice) => choice >= least).sort((a, b) => a - b)
  const submit = async () => {
    const done = await set({ input: { id: account.id, seconds: seconds ?? null } })
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
          <Button kind="primary" busy={busy} disabled={seconds === own} onClick={() => void submit()}>{says.submit}</Button>
        </>
      }
    >
      <Field label={says.label} hint={says.floor(texts.platform[account.platform], inUnits(least))}>
        {(id, about) => (
          <Select id={id} aria-describedby={about} value={seconds ?? ''} onChange={({ target }) => setSeconds(target.value ? Number(target.value) : undefined)}>
            <option value="">{says.usual(texts.platform[account.platform], inUnits(platform.poll_interval_seconds))}</option>
            {choices.map((choice) => <option key={choice} value={choice}>{says.every(inUnits(choice))}</option>)}
          </Select>
        )}
      </Field>
    </Dialog>
  )
}
