import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { texts } from '../texts'
import { Button } from '../ui/button'
import { Field } from '../ui/parts'
import type { Refusal } from './client'
import { signIn } from './session'

export function SignIn({ why, onDone }: { why: Refusal; onDone: () => void }) {
  const [token, setToken] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const says = texts.signIn
  const submit = async () => {
    setBusy(true)
    const wrong = await signIn(token.trim())
    setBusy(false)
    setProblem(wrong)
    if (!wrong) onDone()
  }
  return (
    <main className="mx-auto flex min-h-[80dvh] max-w-md flex-col justify-center p-4">
      <form
        className="panel grid gap-4 p-6"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <div>
          <KeyRound aria-hidden size={22} className="mb-3 text-faint" />
          <h1 className="text-lg font-semibold">{says.title}</h1>
          <p className="mt-1 text-soft">{why === 'forbidden' ? `${says.forbidden} ` : ''}{says.lead}</p>
        </div>
        <Field label={says.label} hint={says.hint} error={problem}>
          {(id, about) => (
            <input id={id} aria-describedby={about} aria-invalid={!!problem} type="password" autoComplete="current-password" spellCheck={false} required autoFocus value={token} onChange={(event) => setToken(event.target.value)} className="field !h-9" />
          )}
        </Field>
        <Button type="submit" kind="primary" busy={busy} disabled={!token.trim()}>{says.submit}</Button>
      </form>
    </main>
  )
}
