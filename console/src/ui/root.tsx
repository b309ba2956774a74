import { createContext, useContext, useState, type ReactNode } from 'react'
import { Toasts } from './toast'
import '../style.css'

/** Where pop-ups go: below .nchat-social, so that its styles reach them. */
const Place = createContext<HTMLElement | null>(null)
export const usePlace = () => useContext(Place)

/** Every part of the library stands in one of these; a part inside another part shares it. */
export function Root({ children, className = '' }: { children: ReactNode; className?: string }) {
  const outer = useContext(Place)
  const [place, setPlace] = useState<HTMLElement | null>(null)
  if (outer) return <>{children}</>
  return (
    <div className="nchat-social">
      <div className={`bg-page text-base text-ink ${className}`}>
        <Place.Provider value={place}>
          <Toasts>{place && children}</Toasts>
        </Place.Provider>
        <div ref={setPlace} />
      </div>
    </div>
  )
}
