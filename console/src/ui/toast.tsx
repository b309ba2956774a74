import { createContext, useCallback, useContext, useMemo, useRef, useState, type ReactNode } from 'react'
import { CircleCheck, CircleX, Info, X } from 'lucide-react'
import { texts } from '../texts'

export type Tone = 'good' | 'bad' | 'plain'
interface Toast { id: number; tone: Tone; text: string; detail?: string }
type Tell = (tone: Tone, text: string, detail?: string) => void

const Teller = createContext<Tell>(() => undefined)
/** Tells the person something that happened. */
export const useTell = () => useContext(Teller)

const icons = { good: CircleCheck, bad: CircleX, plain: Info }
const tints = { good: 'text-good', bad: 'text-bad', plain: 'text-soft' }
const STAY_MS = 7000

export function Toasts({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([])
  const next = useRef(0)
  const drop = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), [])
  const tell = useCallback<Tell>((tone, text, detail) => {
    const id = next.current++
    setToasts((all) => [...all.slice(-2), { id, tone, text, detail }])
    // Trouble stays until it is read.
    if (tone !== 'bad') setTimeout(() => drop(id), STAY_MS)
  }, [drop])
  const shown = useMemo(() => toasts.map(({ id, tone, text, detail }) => {
    const Icon = icons[tone]
    return (
      <li key={id} className="panel pointer-events-auto flex w-full max-w-sm animate-fade-in items-start gap-2.5 p-3 shadow-lg">
        <Icon aria-hidden size={17} className={`mt-px shrink-0 ${tints[tone]}`} />
        <div className="min-w-0 grow">
          <p className="break-words">{text}</p>
          {detail && <p className="mt-0.5 break-words text-sm text-soft">{detail}</p>}
        </div>
        <button type="button" aria-label={texts.close} onClick={() => drop(id)} className="rounded p-0.5 text-faint hover:text-ink">
          <X aria-hidden size={15} />
        </button>
      </li>
    )
  }), [toasts, drop])
  return (
    <Teller.Provider value={tell}>
      {children}
      {/* Away from the buttons of windows: at the top on a phone, at the left below elsewhere. */}
      <div role="status" aria-live="polite" data-toasts className="pointer-events-none fixed inset-x-3 top-3 z-50 sm:bottom-3 sm:top-auto">
        <ol className="flex flex-col items-start gap-2">{shown}</ol>
      </div>
    </Teller.Provider>
  )
}
