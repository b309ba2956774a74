import { useState } from 'react'
import { useAct } from '../data/act'
import { PostAnyway } from '../data/documents'
import type { Post } from '../data/hooks'
import { texts } from '../texts'
import { Confirm } from '../ui/dialog'
import { Field, Select } from '../ui/parts'
import { useTell } from '../ui/toast'

/** An integration, as far as a post can be sent by it. */
export interface Way { id: string; channel: { id: string; name: string; is_archived?: boolean } | null }

/** The integrations that did not decide about a post, and whose channel does not have it: it can go there all the same. */
export const undecided = ({ deliveries }: Post, ways: Way[]) => ways.filter(({ id, channel }) =>
  channel && !deliveries.some((one) => one.integration_id === id || (one.status === 'delivered' && one.channel_id === channel.id)))

/** Asks whether a post really goes into a channel, and into which where there are several. */
export function Anyway({ post, ways, renew, onClose }: { post: Post; ways: Way[]; renew: (post: Post) => void; onClose: () => void }) {
  const tell = useTell()
  const [chosen, setChosen] = useState(ways[0]?.id ?? '')
  const [anyway, posting] = useAct(PostAnyway, 'socialPostAnyway', ['posted', 'already_posted'])
  const says = texts.history
  const channel = ways.find(({ id }) => id === chosen)?.channel

  const postIt = async () => {
    const done = await anyway({ input: { post_id: post.id, integration_id: chosen } })
    onClose()
    if (!done) return
    if (done.post) renew(done.post)
    tell('good', done.message)
  }
  return (
    <Confirm open onClose={onClose} title={says.confirmTitle} submit={says.postAnyway} busy={posting} onSubmit={() => void postIt()}>
      {ways.length > 1 && (
        <div className="mb-3">
          <Field label={says.channel}>
            {(id) => (
              <Select id={id} value={chosen} onChange={(event) => setChosen(event.target.value)}>
                {ways.map(({ id, channel }) => <option key={id} value={id}>{channel ? says.channelName(channel.name, !!channel.is_archived) : texts.integrations.channelGone}</option>)}
              </Select>
            )}
          </Field>
        </div>
      )}
      <p>{says.confirmBody(channel ? `#${channel.name}` : texts.integrations.channelGone)} {says.confirmRecord}</p>
    </Confirm>
  )
}
