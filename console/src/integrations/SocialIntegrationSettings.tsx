import { ArrowRight, Pencil, Plus, Trash2, Waypoints } from 'lucide-react'
import { useEffect, useState } from 'react'
import { sentence, useAct } from '../data/act'
import { Accounts, DeleteIntegration, Integrations, UpdateIntegration } from '../data/documents'
import { useSocialAccounts, useSocialIntegrations, type Integration } from '../data/hooks'
import { texts } from '../texts'
import { Avatar } from '../ui/avatar'
import { Button } from '../ui/button'
import { Confirm } from '../ui/dialog'
import { Badge, Empty, Skeleton, Switch, Trouble } from '../ui/parts'
import { Root } from '../ui/root'
import { useTell } from '../ui/toast'
import { ChannelName } from './ChannelPicker'
import { IntegrationDialog } from './IntegrationDialog'
import { inWords } from './rule'

export interface SocialIntegrationSettingsProps {
  /** Begins with a new integration of this account. */
  createFor?: string
  /** That was shown. */
  onCreateShown?: () => void
}

/** Which posts of which account go to which channel: create, edit, switch, delete. */
export function SocialIntegrationSettings(props: SocialIntegrationSettingsProps) {
  return <Root><Settings {...props} /></Root>
}

function Settings({ createFor, onCreateShown }: SocialIntegrationSettingsProps) {
  const { integrations, loading, error, refetch } = useSocialIntegrations()
  const { accounts } = useSocialAccounts()
  const [editing, setEditing] = useState<{ integration?: Integration; account?: string }>()
  const [deleting, setDeleting] = useState<Integration>()
  const says = texts.integrations

  useEffect(() => {
    if (!createFor) return
    setEditing({ account: createFor })
    onCreateShown?.()
  }, [createFor, onCreateShown])

  const hasAccount = !!accounts?.length
  const create = (
    <Button kind="primary" icon={<Plus aria-hidden size={16} />} disabled={!hasAccount} title={accounts && !hasAccount ? says.needsAccount : undefined} onClick={() => setEditing({})}>
      {says.create}
    </Button>
  )
  return (
    <section aria-label={texts.tabs.integrations}>
      <header className="mb-3 flex flex-wrap items-center gap-2">
        <p className="mr-auto text-soft">{says.lead}</p>
        {!!integrations?.length && create}
      </header>
      {error && <div className="mb-3"><Trouble message={sentence(error)} onRetry={() => void refetch()} /></div>}
      {!integrations && loading && <Skeleton className="h-16" />}
      {integrations?.length === 0 && (
        <Empty icon={<Waypoints aria-hidden size={28} />} title={says.none} hint={hasAccount ? says.noneHint : says.needsAccount}>{create}</Empty>
      )}
      <ul className="grid gap-2.5">
        {integrations?.map((integration) => (
          <li key={integration.id}>
            <Row integration={integration} onEdit={() => setEditing({ integration })} onDelete={() => setDeleting(integration)} />
          </li>
        ))}
      </ul>
      {editing && (
        <IntegrationDialog
          key={editing.integration?.id ?? 'new'} integration={editing.integration} account={editing.account}
          accounts={accounts ?? []} onClose={() => setEditing(undefined)}
        />
      )}
      {deleting && <DeleteDialog integration={deleting} onClose={() => setDeleting(undefined)} />}
    </section>
  )
}

function Row({ integration, onEdit, onDelete }: { integration: Integration; onEdit: () => void; onDelete: () => void }) {
  const [update] = useAct(UpdateIntegration, 'socialUpdateIntegration', ['updated'])
  const { account, channel } = integration
  const name = account?.account_name ?? ''
  const label = texts.integrations.autoPost(name, channel ? `#${channel.name}` : texts.integrations.channelGone)
  const toggle = (auto_post: boolean) => void update(
    { input: { id: integration.id, auto_post } },
    {
      optimisticResponse: {
        socialUpdateIntegration: {
          __typename: 'SocialUpdateIntegrationPayload', status: 'updated', message: '', problems: [], integration: { ...integration, auto_post },
        },
      } as never,
    },
  )
  return (
    <article aria-label={label} className="panel flex flex-wrap items-center gap-x-3 gap-y-2 p-3.5">
      <Avatar url={account?.avatar_url} name={name} size={32} platform={account?.platform} />
      <div className="min-w-0 grow basis-56">
        <h2 className="flex min-w-0 flex-wrap items-center gap-x-1.5 font-semibold">
          <span className="truncate">{name}</span>
          <ArrowRight aria-hidden size={14} className="shrink-0 text-faint" />
          <ChannelName channel={channel} />
          {account && !account.is_connected && <Badge tint="warn">{texts.integrations.disconnected}</Badge>}
        </h2>
        <ul className="mt-1 flex flex-wrap gap-1">
          {inWords(integration).map(({ kind, text }) => <li key={text} className="max-w-full"><Badge tint={kind === 'plain' ? 'plain' : 'accent'}><span className="truncate">{text}</span></Badge></li>)}
        </ul>
      </div>
      <div className="ml-auto flex items-center gap-2">
        <Button icon={<Pencil aria-hidden size={14} />} aria-label={`${texts.integrations.edit}: ${label}`} onClick={onEdit}>{texts.integrations.edit}</Button>
        <Button kind="quiet" icon={<Trash2 aria-hidden size={15} />} aria-label={`${texts.integrations.remove} ${label}`} onClick={onDelete} />
        <span aria-hidden className="w-6 text-right text-sm text-soft">{integration.auto_post ? texts.on : texts.off}</span>
        <Switch checked={integration.auto_post} onChange={toggle} label={label} />
      </div>
    </article>
  )
}

function DeleteDialog({ integration, onClose }: { integration: Integration; onClose: () => void }) {
  const tell = useTell()
  const [remove, busy] = useAct(DeleteIntegration, 'socialDeleteIntegration', ['deleted'], { refetchQueries: [Integrations, Accounts], awaitRefetchQueries: true })
  const submit = async () => {
    const done = await remove({ input: { id: integration.id } })
    if (!done) return
    tell('good', done.message)
    onClose()
  }
  return (
    <Confirm
      open onClose={onClose} title={texts.integrations.deleteTitle} submit={texts.integrations.deleteSubmit} danger busy={busy} onSubmit={() => void submit()}
    >
      <p>{texts.integrations.deleteBody(integration.account?.account_name ?? '', integration.channel ? `#${integration.channel.name}` : texts.integrations.channelGone)}</p>
    </Confirm>
  )
}
