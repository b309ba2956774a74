import { useState } from 'react'
import type { LogFieldsFragment } from '../gql/graphql'
import { useSocialIntegrations } from '../data/hooks'
import { inWords, texts } from '../texts'
import { Mark } from '../ui/brand'
import { Button } from '../ui/button'
import { Badge, type Tint } from '../ui/parts'
import { Ago } from '../ui/time'

const tints: Record<string, Tint> = { completed: 'good', failed: 'bad', running: 'accent' }
const FIRST = 25
const cell = 'px-3 py-2 align-top'
const number = `${cell} text-right tabular-nums`

export function LogTable({ logs }: { logs: LogFieldsFragment[] }) {
  const [shown, setShown] = useState(FIRST)
  const says = texts.activity
  const { integrations } = useSocialIntegrations()
  // The service names channels by their ids.
  const channels = new Map(integrations?.map(({ channel_id, channel }) => [channel_id, channel?.name]))
  const named = (error: string) => error.replace(/channel ([0-9a-f-]{36})/g, (whole, id: string) => (channels.get(id) ? `#${channels.get(id)}` : whole))
  return (
    <>
      <div className="panel relative overflow-x-auto" tabIndex={0} role="region" aria-label={says.log}>
        <table className="w-full text-left text-sm">
          <caption className="sr-only">{says.log}</caption>
          <thead className="border-b text-faint">
            <tr>
              {[says.start, says.account, says.result].map((head) => <th key={head} scope="col" className={`${cell} font-medium`}>{head}</th>)}
              {[says.read, says.new, says.messages, says.leftOut, says.waiting].map((head) => <th key={head} scope="col" className={`${number} whitespace-nowrap font-medium`}>{head}</th>)}
              <th scope="col" className={`${cell} font-medium`}>{says.notes}</th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {logs.slice(0, shown).map((log) => (
              <tr key={log.id}>
                <td className={`${cell} whitespace-nowrap`}><Ago at={log.started_at} /><span className="block text-faint">{says.type[log.import_type]}</span></td>
                <td className={cell}><span className="flex items-center gap-1.5 whitespace-nowrap">{log.account && <><Mark platform={log.account.platform} size={13} />{log.account.account_name}</>}</span></td>
                <td className={cell}><Badge tint={tints[log.status]}>{says.status[log.status]}</Badge></td>
                {[log.posts_fetched, log.posts_imported, log.messages_posted, log.posts_filtered, log.posts_waiting].map((value, at) => (
                  <td key={at} className={`${number} ${value ? '' : 'text-faint'}`}>{value.toLocaleString()}</td>
                ))}
                <td className={`${cell} min-w-56 break-words`}>
                  {log.errors.map((error, at) => <p key={at}>{named(error)}</p>)}
                  {!log.errors.length && log.code && inWords(texts.pollReason, log.code)}
                  {log.quiet_polls > 0 && <p className="text-faint">{says.quiet(log.quiet_polls)}</p>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {logs.length > shown && <div><Button kind="quiet" onClick={() => setShown(shown + 4 * FIRST)}>{texts.more}</Button></div>}
    </>
  )
}
