import { ApolloProvider } from '@apollo/client'
import { Check, LogOut, Monitor, Moon, Sun, WifiOff } from 'lucide-react'
import { Tabs } from 'radix-ui'
import { Component, lazy, Suspense, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react'
import { SocialAccountManager } from '../accounts/SocialAccountManager'
import { Platforms } from '../data/documents'
import { SocialLive } from '../data/live'
import { texts } from '../texts'
import { Button } from '../ui/button'
import { Menu, Skeleton, Trouble } from '../ui/parts'
import { Root } from '../ui/root'
import { useTell } from '../ui/toast'
import { makeClient, type Refusal } from './client'
import { SignIn } from './SignIn'
import { useMessageUrl } from './message'
import { signIn, signOut, tokenOf } from './session'
import { useTheme, type Theme } from './theme'

// The first tab is there at once; the others come when they are wanted.
const Integrations = lazy(async () => ({ default: (await import('../integrations/SocialIntegrationSettings')).SocialIntegrationSettings }))
const History = lazy(async () => ({ default: (await import('../history/SocialPostHistory')).SocialPostHistory }))
const Activity = lazy(async () => ({ default: (await import('../activity/SocialActivity')).SocialActivity }))

const TABS = ['accounts', 'integrations', 'history', 'activity'] as const
type Tab = (typeof TABS)[number]
const tabOf = (hash: string): Tab => TABS.find((tab) => `#${tab}` === hash) ?? 'accounts'

const listenHash = (tell: () => void) => {
  window.addEventListener('hashchange', tell)
  return () => window.removeEventListener('hashchange', tell)
}
const listenOnline = (tell: () => void) => {
  window.addEventListener('online', tell)
  window.addEventListener('offline', tell)
  return () => {
    window.removeEventListener('online', tell)
    window.removeEventListener('offline', tell)
  }
}

export function App() {
  const [refusal, setRefusal] = useState<Refusal>()
  const [session, setSession] = useState(0)
  // A new session begins with nothing of the one before.
  const { client, socket, close } = useMemo(() => makeClient(setRefusal), [session])
  useEffect(() => close, [close])
  const [given, setGiven] = useState(() => tokenOf(window.location.hash))
  useEffect(() => {
    if (!given) return
    // `make run` prints an address with the token in the part that no server sees: it is not left in the address bar.
    window.history.replaceState(null, '', window.location.pathname)
    void signIn(given).then(() => {
      setGiven(undefined)
      again()
    })
    // Once, with what the page began with.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [])
  const again = () => {
    setRefusal(undefined)
    setSession((number) => number + 1)
  }
  /** Answers what keeps the person here, or nothing. */
  const leave = async () => {
    const wrong = await signOut()
    if (wrong) return wrong
    // nchat's own session is not ours to end.
    const isKnown = await client.query({ query: Platforms, fetchPolicy: 'no-cache' }).then(() => true, () => false)
    if (isKnown) return texts.stillSignedIn
    setRefusal((why) => why ?? 'unauthenticated')
    return undefined
  }
  return (
    <Root className="min-h-[100dvh]">
      {given ? null : refusal ? <SignIn why={refusal} onDone={again} /> : (
        <ApolloProvider client={client}>
          <SocialLive key={session} socket={socket}><Console onSignOut={leave} /></SocialLive>
        </ApolloProvider>
      )}
    </Root>
  )
}

const column = 'mx-auto max-w-6xl px-3 sm:px-6'

function Console({ onSignOut }: { onSignOut: () => Promise<string | undefined> }) {
  const tell = useTell()
  const tab = tabOf(useSyncExternalStore(listenHash, () => window.location.hash))
  const online = useSyncExternalStore(listenOnline, () => navigator.onLine)
  const [historyOf, setHistoryOf] = useState('')
  const [createFor, setCreateFor] = useState<string>()
  const leave = async () => {
    const wrong = await onSignOut()
    if (wrong) tell('plain', wrong)
  }
  const show = (tab: Tab) => {
    window.location.hash = tab
  }
  return (
    <Tabs.Root value={tab} onValueChange={(tab) => { setHistoryOf(''); show(tab as Tab) }} className="pb-10">
      <header className="sticky top-0 z-30 border-b bg-page/95 pt-3 backdrop-blur">
        <div className={`${column} flex items-center gap-2`}>
          <h1 className="mr-auto text-lg font-semibold">{texts.title}</h1>
          <ThemeSwitch />
          <Button kind="quiet" icon={<LogOut aria-hidden size={16} />} aria-label={texts.signOut} title={texts.signOut} onClick={() => void leave()} />
        </div>
        <Tabs.List aria-label={texts.title} className={`${column} -mb-px mt-1 flex overflow-x-auto sm:gap-1`}>
          {TABS.map((name) => (
            <Tabs.Trigger
              key={name} value={name}
              className="shrink-0 whitespace-nowrap border-b-2 border-transparent px-2 py-2 focus-visible:!-outline-offset-2 sm:px-2.5 font-medium text-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink"
            >
              {texts.tabs[name]}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
      </header>
      {!online && (
        <div className={column}><p role="alert" className="mt-4 flex items-center gap-2 rounded-md bg-warn/10 px-3 py-2 text-warn"><WifiOff aria-hidden size={16} className="shrink-0" />{texts.offline}</p></div>
      )}
      <main className={`${column} pt-4`}>
        <Boundary key={tab}><Suspense fallback={<Skeleton className="h-20" />}>
          <Tabs.Content value="accounts" tabIndex={-1}>
            <SocialAccountManager
              onShowPosts={({ id }) => { setHistoryOf(id); show('history') }}
              onIntegrate={({ id }) => { setCreateFor(id); show('integrations') }}
            />
          </Tabs.Content>
          <Tabs.Content value="integrations" tabIndex={-1}><Integrations createFor={createFor} onCreateShown={() => setCreateFor(undefined)} /></Tabs.Content>
          <Tabs.Content value="history" tabIndex={-1}><Posts account={historyOf} /></Tabs.Content>
          <Tabs.Content value="activity" tabIndex={-1}><Activity /></Tabs.Content>
        </Suspense></Boundary>
      </main>
    </Tabs.Root>
  )
}

const Posts = ({ account }: { account: string }) => <History account={account} messageUrl={useMessageUrl()} />

/** A part that fails, or a chunk that an update has replaced, leaves the page standing. */
class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  state = { failed: false }
  static getDerivedStateFromError() {
    return { failed: true }
  }
  render() {
    return this.state.failed ? <Trouble message={texts.broken} onRetry={() => window.location.reload()} /> : this.props.children
  }
}

const themes: [Theme, typeof Sun][] = [['system', Monitor], ['light', Sun], ['dark', Moon]]

function ThemeSwitch() {
  const [theme, setTheme] = useTheme()
  const Icon = themes.find(([name]) => name === theme)?.[1] ?? Monitor
  return (
    <Menu
      trigger={<Button kind="quiet" aria-label={texts.theme.label} title={texts.theme.label} icon={<Icon aria-hidden size={16} />} />}
      items={themes.map(([name, Icon]) => ({
        label: texts.theme[name], icon: name === theme ? <Check aria-hidden size={15} /> : <Icon aria-hidden size={15} />, onSelect: () => setTheme(name),
      }))}
    />
  )
}
