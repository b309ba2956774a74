import { useQuery } from '@apollo/client'
import { Popover } from 'radix-ui'
import { Archive, Check, ChevronsUpDown, Hash, Lock, Megaphone } from 'lucide-react'
import { useDeferredValue, useId, useRef, useState, type KeyboardEvent } from 'react'
import { Channels } from '../data/documents'
import type { ConsoleChannelsQuery } from '../gql/graphql'
import { texts } from '../texts'
import { isComposing } from '../ui/keys'
import { Badge } from '../ui/parts'
import { usePlace } from '../ui/root'

type Channel = ConsoleChannelsQuery['socialChannels'][number]

export function ChannelName({ channel }: { channel: Pick<Channel, 'name'> & Partial<Channel> | null | undefined }) {
  if (!channel) return <Badge tint="bad">{texts.integrations.channelGone}</Badge>
  const Icon = channel.type === 'announcement' ? Megaphone : channel.type === 'private' ? Lock : Hash
  return (
    <span className="inline-flex min-w-0 items-center gap-1">
      <Icon aria-hidden size={14} className="shrink-0 text-faint" />
      <span className="truncate">{channel.name}</span>
      {channel.is_archived && <Badge tint="warn" icon={<Archive aria-hidden size={12} />}>{texts.integrations.archived}</Badge>}
      {channel.is_readonly && <Badge>{texts.integrations.readonly}</Badge>}
    </span>
  )
}

interface Common {
  id: string
  value: string | null
  /** The channel of `value`, where it is known from elsewhere. */
  known?: Pick<Channel, 'id' | 'name'> & Partial<Channel> | null
  invalid?: boolean
}
/** With `none` it can also be no channel, which is called so. */
type Props = Common & ({ none: string; onChange: (id: string | null) => void } | { none?: undefined; onChange: (id: string) => void })

/** A channel by typing a part of its name: announcement channels first, archived ones last. */
export function ChannelPicker({ id, value, known, invalid, none, onChange }: Props) {
  const [open, setOpen] = useState(false)
  const [search, setSearch] = useState('')
  const [at, setAt] = useState(0)
  const [picked, setPicked] = useState<Channel>()
  const list = useId()
  const box = useRef<HTMLUListElement>(null)
  const wanted = search.trim()
  const asked = useDeferredValue(wanted)
  const { data, previousData, loading } = useQuery(Channels, { variables: { search: asked || null }, skip: !open, fetchPolicy: 'cache-and-network' })
  const told = (data ?? previousData)?.socialChannels ?? []
  // Until the answer is there, what does not match is not offered: Enter would take it.
  const channels = loading || asked !== wanted ? told.filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase())) : told
  const options: (Channel | null)[] = none && !wanted ? [null, ...channels] : channels
  const shown = [picked, known].find((channel) => channel?.id === value)

  const pick = (channel: Channel | null | undefined) => {
    if (channel === undefined || channel?.is_archived) return
    if (channel) {
      setPicked(channel)
      onChange(channel.id)
    } else if (none !== undefined) onChange(null)
    setOpen(false)
  }
  const keys = (event: KeyboardEvent) => {
    if (isComposing(event)) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) {
      const next = Math.max(0, Math.min(options.length - 1, at + step))
      setAt(next)
      box.current?.children[next]?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter') pick(options[at])
    else return
    event.preventDefault()
  }
  return (
    <Popover.Root open={open} onOpenChange={(now) => { setOpen(now); setSearch(''); setAt(0) }}>
      <Popover.Trigger id={id} type="button" aria-invalid={invalid || undefined} className="field flex items-center justify-between gap-2 text-left">
        {value ? <ChannelName channel={shown} /> : <span className={none ? '' : 'text-faint'}>{none ?? texts.integrations.pickChannel}</span>}
        <ChevronsUpDown aria-hidden size={14} className="shrink-0 text-faint" />
      </Popover.Trigger>
      <Popover.Portal container={usePlace()}>
        <Popover.Content align="start" sideOffset={4} collisionPadding={8} className="panel z-50 w-[--radix-popover-trigger-width] min-w-64 animate-fade-in p-1 shadow-lg">
          <input
            role="combobox" aria-expanded aria-controls={list} aria-activedescendant={at < options.length ? `${list}-${at}` : undefined} aria-label={texts.integrations.searchChannels}
            autoFocus value={search} placeholder={texts.integrations.searchChannels} onKeyDown={keys}
            onChange={(event) => { setSearch(event.target.value); setAt(0) }} className="field mb-1"
          />
          <ul ref={box} id={list} role="listbox" aria-label={texts.integrations.channel} aria-busy={loading} className="max-h-64 overflow-y-auto">
            {options.map((channel, index) => {
              const isChosen = (channel?.id ?? null) === (value || null)
              return (
                <li
                  key={channel?.id ?? ''} id={`${list}-${index}`} role="option" aria-selected={isChosen} aria-disabled={channel?.is_archived}
                  onClick={() => pick(channel)} onMouseMove={() => setAt(index)}
                  className={`flex items-center justify-between gap-2 rounded px-2 py-1.5 ${index === at ? 'bg-raised' : ''} ${channel?.is_archived ? 'text-faint' : 'cursor-pointer'}`}
                >
                  {channel ? <ChannelName channel={channel} /> : none}
                  {isChosen && <Check aria-hidden size={15} className="text-accent" />}
                </li>
              )
            })}
          </ul>
          {!loading && channels.length === 0 && <p className="px-2 py-3 text-center text-soft">{texts.integrations.noChannels}</p>}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
