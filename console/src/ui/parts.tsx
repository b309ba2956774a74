import { DropdownMenu, Switch as SwitchPrimitive } from 'radix-ui'
import { CircleAlert, EllipsisVertical, ExternalLink } from 'lucide-react'
import clsx from 'clsx'
import { useId, type ReactNode, type SelectHTMLAttributes } from 'react'
import { texts } from '../texts'
import { Button } from './button'
import { usePlace } from './root'

export function Switch({ checked, onChange, label, disabled }: { checked: boolean; onChange: (on: boolean) => void; label: string; disabled?: boolean }) {
  return (
    <SwitchPrimitive.Root
      checked={checked} onCheckedChange={onChange} aria-label={label} disabled={disabled}
      className="relative h-5 w-9 shrink-0 rounded-full border border-transparent bg-faint/60 transition-colors data-[state=checked]:bg-accent disabled:opacity-50"
    >
      <SwitchPrimitive.Thumb className="block size-4 translate-x-px rounded-full bg-panel shadow transition-transform data-[state=checked]:translate-x-[17px]" />
    </SwitchPrimitive.Root>
  )
}

const tints = {
  good: 'text-good bg-good/10', warn: 'text-warn bg-warn/10', bad: 'text-bad bg-bad/10', plain: 'text-soft bg-raised', accent: 'text-accent bg-accent/10',
}
export type Tint = keyof typeof tints

export function Badge({ tint = 'plain', icon, children }: { tint?: Tint; icon?: ReactNode; children: ReactNode }) {
  return (
    <span className={clsx('inline-flex max-w-full items-center gap-1 whitespace-nowrap rounded px-1.5 text-sm font-medium', tints[tint])}>
      {icon}{children}
    </span>
  )
}

export interface Item { label: string; icon?: ReactNode; danger?: boolean; disabled?: boolean; onSelect: () => void }

export function Menu({ items, label = texts.menu, trigger }: { items: Item[]; label?: string; trigger?: ReactNode }) {
  const place = usePlace()
  return (
    // Not modal: a modal one locks the page's scrolling by a style element, which the page's policy refuses.
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        {trigger ?? <Button kind="quiet" aria-label={label} icon={<EllipsisVertical aria-hidden size={16} />} />}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={place}>
        <DropdownMenu.Content align="end" sideOffset={4} collisionPadding={8} className="panel z-50 min-w-44 animate-fade-in p-1 shadow-lg">
          {items.map(({ label, icon, danger, disabled, onSelect }) => (
            <DropdownMenu.Item
              key={label} disabled={disabled} onSelect={onSelect}
              className={clsx('flex cursor-pointer items-center gap-2 rounded px-2 py-1.5 outline-none data-[disabled]:cursor-default data-[highlighted]:bg-raised data-[disabled]:text-faint', danger && 'text-bad')}
            >
              {icon}{label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

export function Field({ label, hint, error, children }: { label: string; hint?: ReactNode; error?: string; children: (id: string, about: string | undefined) => ReactNode }) {
  const id = useId()
  const about = hint || error ? `${id}-about` : undefined
  return (
    <div>
      <label htmlFor={id} className="mb-1 block font-medium">{label}</label>
      {children(id, about)}
      {about && <p id={about} className={clsx('mt-1 text-sm', error ? 'text-bad' : 'text-soft')}>{error ?? hint}</p>}
    </div>
  )
}

export function Select({ className, ...rest }: SelectHTMLAttributes<HTMLSelectElement>) {
  return <select {...rest} className={clsx('field pr-1', className)} />
}

export function Check({ checked, onChange, children }: { checked: boolean; onChange: (on: boolean) => void; children: ReactNode }) {
  return (
    <label className="flex cursor-pointer items-start gap-2">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} className="mt-[0.2rem] size-4 shrink-0 accent-accent" />
      <span className="min-w-0 grow">{children}</span>
    </label>
  )
}

export function Skeleton({ rows = 3, className = 'h-24' }: { rows?: number; className?: string }) {
  return (
    <div role="status" aria-label={texts.loading} className="grid gap-3">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={clsx('panel animate-pulse bg-raised', className)} />
      ))}
    </div>
  )
}

export function Empty({ icon, title, hint, children }: { icon: ReactNode; title: string; hint?: string; children?: ReactNode }) {
  return (
    <div className="panel flex flex-col items-center gap-1 px-6 py-12 text-center">
      <div className="mb-2 text-faint">{icon}</div>
      <h2 className="font-semibold">{title}</h2>
      {hint && <p className="max-w-md text-soft">{hint}</p>}
      {children && <div className="mt-3 flex flex-wrap justify-center gap-2">{children}</div>}
    </div>
  )
}

export function Trouble({ message, onRetry }: { message: string; onRetry: () => void }) {
  return (
    <div role="alert" className="panel flex flex-wrap items-center gap-3 border-bad/40 px-4 py-3">
      <CircleAlert aria-hidden size={17} className="shrink-0 text-bad" />
      <p className="min-w-0 grow break-words">{message}</p>
      <Button onClick={onRetry}>{texts.retry}</Button>
    </div>
  )
}

/** A link out of the page; anything but https (or, in a demonstration, http) is plain text. */
export function Out({ href, children, className, icon = false }: { href: string | null | undefined; children: ReactNode; className?: string; icon?: boolean }) {
  if (!href || !/^https?:\/\//i.test(href)) return <span className={className}>{children}</span>
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" className={clsx('hover:underline', className)}>
      {children}
      {icon && <ExternalLink aria-hidden size={13} className="ml-1 inline-block" />}
      <span className="sr-only"> {texts.opensNewTab}</span>
    </a>
  )
}
