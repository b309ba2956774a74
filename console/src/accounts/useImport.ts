import { useApolloClient } from '@apollo/client'
import { useEffect, useRef, useState } from 'react'
import { sentence, useAct } from '../data/act'
import { Accounts, Logs, TriggerImport } from '../data/documents'
import type { Account } from '../data/hooks'
import { useEachImport } from '../data/live'
import type { LogFieldsFragment } from '../gql/graphql'
import { texts } from '../texts'
import { useTell } from '../ui/toast'
import { inFull } from '../ui/time'

const LOOK_MS = 1_500
const PATIENCE_MS = 120_000

/**
 * Import now: asks for a poll, follows it to its end, and tells what it brought. It is the first that was asked for and was
 * not there before: no clock of browser and service is compared.
 */
export function useImport(account: Account) {
  const client = useApolloClient()
  const tell = useTell()
  const [isFollowing, setFollowing] = useState(false)
  const [isLooking, setLooking] = useState(false)
  const known = useRef<string>(undefined)
  const [trigger, asking] = useAct(TriggerImport, 'socialTriggerImport', ['requested', 'held'])
  const { id, account_name: name } = account

  const latest = async () => {
    const { data } = await client.query({
      query: Logs, fetchPolicy: 'no-cache', variables: { account_id: id, import_type: 'manual', first: 1 },
    })
    return data.socialImportLogs.nodes[0]
  }
  const finish = (log: LogFieldsFragment) => {
    if (log.account_id !== id || log.import_type !== 'manual' || log.status === 'running' || log.id === known.current) return
    known.current = log.id
    setFollowing(false)
    void client.refetchQueries({ include: [Accounts] })
    const notes = log.errors.join(' ') || undefined
    if (log.status === 'failed') return tell('bad', `${name}: ${texts.accounts.importFailed}`, notes)
    const brought = texts.accounts.imported(log.posts_fetched, log.posts_imported, log.messages_posted)
    tell('good', `${name}: ${log.posts_imported ? brought : texts.accounts.nothingNew}`, notes)
  }

  useEachImport((log) => isFollowing && finish(log))
  useEffect(() => {
    if (!isFollowing) return
    let isOver = false
    const looks = setInterval(() => {
      latest().then((log) => log && !isOver && finish(log), () => undefined)
    }, LOOK_MS)
    const patience = setTimeout(() => {
      setFollowing(false)
      tell('plain', `${name}: ${texts.accounts.importSlow}`, texts.accounts.importSlowHint)
    }, PATIENCE_MS)
    return () => {
      isOver = true
      clearInterval(looks)
      clearTimeout(patience)
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [isFollowing])

  const begin = async () => {
    setLooking(true)
    try {
      known.current = (await latest())?.id
    } catch (error) {
      return tell('bad', texts.failed, sentence(error))
    } finally {
      setLooking(false)
    }
    const asked = await trigger({ input: { account_id: id } })
    if (asked?.status === 'requested') setFollowing(true)
    else if (asked) tell('plain', asked.held[0] ? texts.accounts.held(inFull(asked.held[0].until)) : asked.message)
  }
  return { isImporting: isLooking || asking || isFollowing || account.is_polling, begin }
}
