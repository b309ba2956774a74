import { Dialog as Primitive } from 'radix-ui'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { texts } from '../texts'
import { Button } from './button'
import { usePlace } from './root'

interface Props {
  open: boolean
  onClose: () => void
  title: string
  lead?: ReactNode
  children?: ReactNode
  foot: ReactNode
  wide?: boolean
}

/** A window over the page; on a phone it is the page. */
export function Dialog({ open, onClose, title, lead, children, foot, wide }: Props) {
  return (
    <Primitive.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Primitive.Portal container={usePlace()}>
        {/* Not Radix's overlay: it locks the scrolling by a style element, which the page's policy refuses (style.css does). */}
        <div data-window className="fixed inset-0 z-40 animate-fade-in bg-black/50" />
        <Primitive.Content
          {...(lead ? {} : { 'aria-describedby': undefined })}
          // The window itself, not its first button: what is read out first is what it is about.
          onOpenAutoFocus={(event) => { event.preventDefault(); (event.currentTarget as HTMLElement).focus() }}
          onInteractOutside={(event) => (event.target as Element).closest('[data-toasts]') && event.preventDefault()}
          className={`fixed inset-0 z-40 m-auto flex h-fit max-h-[100dvh] w-full animate-fade-in flex-col bg-panel text-base text-ink shadow-2xl !outline-none sm:max-h-[92dvh] sm:rounded-xl sm:border sm:border-line ${
            wide ? 'sm:max-w-5xl' : 'sm:max-w-lg'
          }`}
        >
          <header className="flex items-start gap-3 border-b px-4 py-3">
            <div className="min-w-0 grow">
              <Primitive.Title className="text-[0.95rem] font-semibold">{title}</Primitive.Title>
              {lead && <Primitive.Description className="mt-0.5 text-soft">{lead}</Primitive.Description>}
            </div>
            <Primitive.Close asChild>
              <Button kind="quiet" aria-label={texts.close} icon={<X aria-hidden size={16} />} className="-mr-1.5 -mt-1" />
            </Primitive.Close>
          </header>
          {children && <div className="min-h-0 grow overflow-y-auto px-4 py-4">{children}</div>}
          <footer className={`flex flex-wrap justify-end gap-2 px-4 py-3 ${children ? 'border-t' : ''}`}>{foot}</footer>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}

interface ConfirmProps extends Omit<Props, 'foot'> {
  submit: string
  busy: boolean
  danger?: boolean
  /** The word for going back. */
  keep?: string
  onSubmit: () => void
}

/** Asks before something is lost. */
export function Confirm({ submit, busy, danger, keep = texts.cancel, onSubmit, children, ...rest }: ConfirmProps) {
  return (
    <Dialog
      {...rest}
      foot={
        <>
          <Button onClick={rest.onClose}>{keep}</Button>
          <Button kind={danger ? 'danger' : 'primary'} busy={busy} onClick={onSubmit}>{submit}</Button>
        </>
      }
    >
      {children}
    </Dialog>
  )
}
