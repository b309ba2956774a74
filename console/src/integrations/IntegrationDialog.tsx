import { useState } from 'react'
import { useAct } from '../data/act'
import { Accounts, CreateIntegration, Integrations, UpdateIntegration } from '../data/documents'
import type { Account, Integration } from '../data/hooks'
import { texts } from '../texts'
import { Button } from '../ui/button'
import { Confirm, Dialog } from '../ui/dialog'
import { Check, Field, Select } from '../ui/parts'
import { useTell } from '../ui/toast'
import { ChannelPicker } from './ChannelPicker'
import { Preview } from './Preview'
import { emptyRule, filtersOf, ruleOf, type Rule } from './rule'
import { WordsInput } from './WordsInput'

interface Props { integration?: Integration; account?: string; accounts: Account[]; onClose: () => void }

/** Creates or edits an integration, with a preview beside it. */
export function IntegrationDialog({ integration, account, accounts, onClose }: Props) {
  const only = accounts.length === 1 ? accounts[0]?.id : undefined
  const [before] = useState<Rule>(() => (integration ? ruleOf(integration) : emptyRule(account ?? only)))
  const [rule, setRule] = useState(before)
  const [leaving, setLeaving] = useState(false)
  const [problems, setProblems] = useState<Record<string, string>>({})
  const after = { refetchQueries: [Integrations, Accounts] }
  // A refused input is shown at its fields, so it counts as an answer that was wanted.
  const [create, creating] = useAct(CreateIntegration, 'socialCreateIntegration', ['created', 'invalid'], after)
  const [update, updating] = useAct(UpdateIntegration, 'socialUpdateIntegration', ['updated', 'invalid'], after)
  const tell = useTell()
  const says = texts.integrations
  const change = (part: Partial<Rule>) => setRule((old) => ({ ...old, ...part }))
  const number = (text: string, most: number) => Math.max(0, Math.min(most, Math.trunc(Number(text)) || 0))

  const submit = async () => {
    const common = { channel_id: rule.channel_id, auto_post: rule.auto_post, ...filtersOf(rule) }
    const done = integration
      ? await update({ input: { id: integration.id, ...common } })
      : await create({ input: { account_id: rule.account_id, backfill_count: rule.backfill_count, ...common } })
    if (!done) return
    if (done.status === 'invalid') {
      setProblems(Object.fromEntries(done.problems.map(({ field, message }) => [field, message])))
      if (done.problems.length === 0) tell('bad', texts.failed, done.message)
      return
    }
    tell('good', done.message)
    onClose()
  }
  const leave = () => (JSON.stringify(rule) === JSON.stringify(before) ? onClose() : setLeaving(true))
  const ready = !!rule.account_id && !!rule.channel_id
  return (
    <Dialog
      open wide onClose={leave} title={integration ? says.editTitle : says.createTitle} lead={says.lead}
      foot={
        <>
          <Button onClick={leave}>{texts.cancel}</Button>
          <Button kind="primary" busy={creating || updating} disabled={!ready} onClick={() => void submit()}>
            {integration ? says.submitEdit : says.submitCreate}
          </Button>
        </>
      }
    >
      <div className="grid gap-6 md:grid-cols-[minmax(0,1fr)_minmax(0,1.1fr)]">
        <form
          className="grid content-start gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            if (ready) void submit()
          }}
        >
          <Field label={says.account} error={problems.account_id}>
            {(id, about) => (
              <Select id={id} aria-describedby={about} value={rule.account_id} disabled={!!integration} onChange={(event) => change({ account_id: event.target.value })}>
                <option value="" disabled>{says.pickAccount}</option>
                {accounts.map(({ id, account_name, platform }) => <option key={id} value={id}>{account_name} · {texts.platform[platform]}</option>)}
              </Select>
            )}
          </Field>
          <Field label={says.channel} error={problems.channel_id}>
            {(id) => <ChannelPicker id={id} value={rule.channel_id} known={integration?.channel ? { ...integration.channel } : undefined} invalid={!!problems.channel_id} onChange={(channel_id) => change({ channel_id })} />}
          </Field>
          <Field label={says.hashtags} hint={says.hashtagsHint} error={problems.filter_hashtags}>
            {(id, about) => <WordsInput id={id} about={about} label={says.hashtags} prefix="#" words={rule.filter_hashtags} onChange={(filter_hashtags) => change({ filter_hashtags })} />}
          </Field>
          <Field label={says.keywords} hint={says.keywordsHint} error={problems.filter_keywords}>
            {(id, about) => <WordsInput id={id} about={about} label={says.keywords} words={rule.filter_keywords} onChange={(filter_keywords) => change({ filter_keywords })} />}
          </Field>
          <div className="flex flex-wrap gap-x-6 gap-y-2">
            <Check checked={rule.exclude_retweets} onChange={(exclude_retweets) => change({ exclude_retweets })}>{says.excludeReposts}</Check>
            <Check checked={rule.exclude_replies} onChange={(exclude_replies) => change({ exclude_replies })}>{says.excludeReplies}</Check>
          </div>
          <div className="grid grid-cols-2 gap-4">
            <Field label={says.minEngagement} hint={says.minEngagementHint} error={problems.min_engagement}>
              {(id, about) => <input id={id} aria-describedby={about} type="number" min={0} max={1000000000} value={rule.min_engagement} onChange={(event) => change({ min_engagement: number(event.target.value, 1_000_000_000) })} className="field" />}
            </Field>
            <Field label={says.window} error={problems.engagement_window_hours}>
              {(id, about) => <input id={id} aria-describedby={about} type="number" min={1} max={168} disabled={rule.min_engagement === 0} value={rule.engagement_window_hours || ''} onChange={(event) => change({ engagement_window_hours: number(event.target.value, 168) })} className="field disabled:opacity-50" />}
            </Field>
          </div>
          {!integration && (
            <Field label={says.backfill} hint={`${says.backfillHint} ${says.backfillChosen(rule.backfill_count)}`} error={problems.backfill_count}>
              {(id, about) => <input id={id} aria-describedby={about} type="number" min={0} max={50} value={rule.backfill_count} onChange={(event) => change({ backfill_count: number(event.target.value, 50) })} className="field !w-24" />}
            </Field>
          )}
          <Check checked={rule.auto_post} onChange={(auto_post) => change({ auto_post })}>
            <span className="block font-medium">{says.autoPostLabel}</span>
            <span className="block text-sm text-soft">{says.autoPostHint}</span>
          </Check>
          <button type="submit" hidden />
        </form>
        <Preview rule={rule} integration={integration?.id} />
      </div>
      <Confirm
        open={leaving} onClose={() => setLeaving(false)} title={says.leaveTitle} lead={says.leaveBody} submit={says.leaveSubmit} keep={says.leaveKeep}
        danger busy={false} onSubmit={onClose}
      />
    </Dialog>
  )
}
