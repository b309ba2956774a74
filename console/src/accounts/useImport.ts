import { useApolloClient } from '@apollo/client'
import { useEffect, useRef, useState } from 'react'
import { useAct } from '../data/act'
import { Accounts, Logs, TriggerImport } from '../data/documents'
import type { Account } from '../data/hooks'
import { useOnImport } from '../data/live'
import type { LogFieldsFragment } from '../gql/graphql'
import { texts } from '../texts'
import { useTell } from '../ui/toast'
import { inFull } from '../ui/time'

const LOOK_MS = 1_500
const PATIENCE_MS = 120_000
/** Clocks of browser and service differ. */
const SKEW_MS = 5_000

/** Import now: asks for a poll, follows it to its end, and tells what it brought. */
export function useImport(account: Account) {
  const client = useApolloClient()
  const tell = useTell()
  const [since, setSince] = useState<string>()
  const known = useRef<string>(undefined)
  const [trigger, asking] = useAct(TriggerImport, 'socialTriggerImport', ['requested', 'held'])

  const latest = async () => {
    const { data } = await client.query({
      query: Logs, fetchPolicy: 'no-cache', variables: { account_id: account.id, first: 1 },
    })
    return data.socialImportLogs.nodes[0]
  }
  const finish = (log: LogFieldsFragment) => {
    if (log.status === 'running' || log.id === known.current) return
    setSince(undefined)
    void client.refetchQueries({ include: [Accounts] })
    if (log.status === 'failed') tell('bad', `${account.account_name}: ${texts.accounts.importFailed}`, log.errors.join(' '))
    else {
      const brought = texts.accounts.imported(log.posts_fetched, log.posts_imported, log.messages_posted)
      tell('good', `${account.account_name}: ${log.posts_imported ? brought : texts.accounts.nothingNew}`, log.errors.join(' ') || undefined)
    }
  }

  useOnImport((log) => {
    if (since && log.account_id === account.id) finish(log)
  })
  useEffect(() => {
    if (!since) return
    const timer = setInterval(() => {
      if (Date.now() - Date.parse(since) > PATIENCE_MS) return setSince(undefined)
      latest().then((log) => log && Date.parse(log.started_at) > Date.parse(since) - SKEW_MS && finish(log), () => undefined)
    }, LOOK_MS)
    return () => clearInterval(timer)
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [since])

  const begin = async () => {
    known.current = (await latest().catch(() => undefined))?.id
    const asked = await trigger({ input: { account_id: account.id } })
    if (asked?.status === 'requested') setSince(new Date().toISOString())
    else if (asked) tell('plain', asked.held[0] ? texts.accounts.held(inFull(asked.held[0].until)) : asked.message)
  }
  return { isImporting: asking || !!since || account.is_polling, begin }
}
