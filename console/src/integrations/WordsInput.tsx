import { X } from 'lucide-react'
import { useState } from 'react'
import { texts } from '../texts'
import { isComposing } from '../ui/keys'

interface Props { id: string; about?: string; label: string; prefix?: string; words: string[]; onChange: (words: string[]) => void }

/** A list of words: Enter or comma adds, Backspace in the empty field takes the last one back. */
export function WordsInput({ id, about, label, prefix = '', words, onChange }: Props) {
  const [typed, setTyped] = useState('')
  const add = (text: string) => {
    const fresh = text.split(',').map((word) => word.trim().replace(prefix === '#' ? /^#+/ : /^$/, '')).filter(Boolean)
    const known = new Set(words.map((word) => word.toLowerCase()))
    onChange([...words, ...fresh.filter((word, at) => !known.has(word.toLowerCase()) && fresh.indexOf(word) === at)])
    setTyped('')
  }
  return (
    <div className="flex min-h-8 w-full flex-wrap items-center gap-1 rounded-md border border-line bg-panel px-1.5 py-1 focus-within:outline focus-within:outline-2 focus-within:outline-accent">
      {words.map((word) => (
        <span key={word} className="inline-flex max-w-full items-center gap-0.5 rounded bg-accent/10 pl-1.5 text-sm font-medium text-accent">
          <span className="truncate">{prefix}{word}</span>
          <button type="button" aria-label={texts.integrations.drop(`${prefix}${word}`)} onClick={() => onChange(words.filter((other) => other !== word))} className="rounded p-1">
            <X aria-hidden size={12} />
          </button>
        </span>
      ))}
      <input
        id={id} aria-describedby={about} value={typed} aria-label={label}
        onChange={(event) => (event.target.value.includes(',') ? add(event.target.value) : setTyped(event.target.value))}
        onBlur={() => typed.trim() && add(typed)}
        onKeyDown={(event) => {
          if (isComposing(event)) return
          if (event.key === 'Enter') {
            event.preventDefault()
            if (typed.trim()) add(typed)
          } else if (event.key === 'Backspace' && !typed && words.length) onChange(words.slice(0, -1))
        }}
        className="min-w-24 grow border-0 bg-transparent px-1 text-base outline-none"
        style={{ outline: 'none' }}
      />
    </div>
  )
}
