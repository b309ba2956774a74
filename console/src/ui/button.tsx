import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'
import { LoaderCircle } from 'lucide-react'
import clsx from 'clsx'

const kinds = {
  primary: 'bg-accent text-on-accent border-transparent hover:opacity-90',
  plain: 'bg-panel border-line hover:bg-raised',
  quiet: 'border-transparent text-soft hover:bg-raised hover:text-ink',
  danger: 'border-bad/40 text-bad bg-panel hover:bg-bad/10',
}

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: keyof typeof kinds
  icon?: ReactNode
  busy?: boolean
  ref?: Ref<HTMLButtonElement>
}

export function Button({ kind = 'plain', icon, busy, children, className, disabled, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={clsx(
        'inline-flex h-8 shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md border text-base font-medium transition-colors disabled:cursor-default disabled:opacity-50',
        children ? 'px-2.5' : 'w-8',
        kinds[kind],
        className,
      )}
    >
      {busy ? <LoaderCircle aria-hidden size={15} className="animate-turn" /> : icon}
      {children}
    </button>
  )
}
