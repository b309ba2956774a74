import type { Account } from '../data/hooks'
import { texts } from '../texts'
import { Select } from '../ui/parts'

/** One account or all. A company is called alike everywhere, so the platform's name stands with it. */
export function AccountSelect({ accounts, value, onChange, className }: { accounts: Account[] | undefined; value: string; onChange: (id: string) => void; className?: string }) {
  return (
    <Select aria-label={texts.history.account} value={value} onChange={(event) => onChange(event.target.value)} className={className}>
      <option value="">{texts.history.allAccounts}</option>
      {accounts?.map(({ id, account_name, platform }) => <option key={id} value={id}>{account_name} · {texts.platform[platform]}</option>)}
    </Select>
  )
}
