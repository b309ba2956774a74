import { useQuery } from '@apollo/client'
import { Popover } from 'radix-ui'
import { Archive, Check, ChevronsUpDown, Hash, Lock, Megaphone } from 'lucide-react'
import { useDeferredValue, useId, useState, type KeyboardEvent } from 'react'
import { Channels } from '../data/documents'
import type { ConsoleChannelsQuery } from '../gql/graphql'
import { texts } from '../texts'
import { Badge } from '../ui/parts'
import { usePlace } from '../ui/root'

type Channel = ConsoleChannelsQuery['socialChannels'][number]

export function ChannelName({ channel }: { channel: Pick<Channel, 'name' | 'is_archived'> & Partial<Channel> | null | undefined }) {
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

interface Props { id: string; value: string; known?: Channel | null; invalid?: boolean; onChange: (id: string) => void }

/** A channel by typing a part of its name: announcement channels first, archived ones last. */
export function ChannelPicker({ id, value, known, invalid, onChange }: Props) {
  const [open, setOpen] = useState(false)
  const [search, setSearch] = useState('')
  const [at, setAt] = useState(0)
  const [picked, setPicked] = useState<Channel | null | undefined>(known)
  const list = useId()
  const asked = useDeferredValue(search.trim())
  const { data, previousData, loading } = useQuery(Channels, { variables: { search: asked || null }, skip: !open, fetchPolicy: 'cache-and-network' })
  const channels = (data ?? previousData)?.socialChannels ?? []

  const pick = (channel: Channel | undefined) => {
    if (!channel || channel.is_archived) return
    setPicked(channel)
    onChange(channel.id)
    setOpen(false)
  }
  const keys = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) setAt(Math.max(0, Math.min(channels.length - 1, at + step)))
    else if (event.key === 'Enter') pick(channels[at])
    else return
    event.preventDefault()
  }
  return (
    <Popover.Root open={open} onOpenChange={(now) => { setOpen(now); setSearch(''); setAt(0) }}>
      <Popover.Trigger id={id} type="button" aria-invalid={invalid || undefined} className="field flex items-center justify-between gap-2 text-left">
        {value && picked ? <ChannelName channel={picked} /> : <span className="text-faint">{texts.integrations.pickChannel}</span>}
        <ChevronsUpDown aria-hidden size={14} className="shrink-0 text-faint" />
      </Popover.Trigger>
      <Popover.Portal container={usePlace()}>
        <Popover.Content align="start" sideOffset={4} collisionPadding={8} className="panel z-50 w-[--radix-popover-trigger-width] min-w-64 animate-fade-in p-1 shadow-lg">
          <input
            role="combobox" aria-expanded aria-controls={list} aria-activedescendant={channels[at] && `${list}-${at}`} aria-label={texts.integrations.searchChannels}
            autoFocus value={search} placeholder={texts.integrations.searchChannels} onKeyDown={keys}
            onChange={(event) => { setSearch(event.target.value); setAt(0) }} className="field mb-1"
          />
          <ul id={list} role="listbox" aria-label={texts.integrations.channel} aria-busy={loading} className="max-h-64 overflow-y-auto">
            {channels.map((channel, index) => (
              <li
                key={channel.id} id={`${list}-${index}`} role="option" aria-selected={channel.id === value} aria-disabled={channel.is_archived}
                onClick={() => pick(channel)} onMouseMove={() => setAt(index)}
                className={`flex items-center justify-between gap-2 rounded px-2 py-1.5 ${index === at ? 'bg-raised' : ''} ${channel.is_archived ? 'text-faint' : 'cursor-pointer'}`}
              >
                <ChannelName channel={channel} />
                {channel.id === value && <Check aria-hidden size={15} className="text-accent" />}
              </li>
            ))}
          </ul>
          {!loading && channels.length === 0 && <p className="px-2 py-3 text-center text-soft">{texts.integrations.noChannels}</p>}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
