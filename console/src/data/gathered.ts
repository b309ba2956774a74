/** So long nothing must come before what came is acted on, and no longer than this it is put off. */
const QUIET_MS = 250
const MOST_MS = 2_000

/** Calls that come in crowds, as one. */
export function gathered(then: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let since = 0
  const stop = () => {
    clearTimeout(timer)
    timer = undefined
  }
  const run = () => {
    timer = undefined
    then()
  }
  const call = () => {
    const now = Date.now()
    if (!timer) since = now
    clearTimeout(timer)
    timer = setTimeout(run, Math.max(0, Math.min(QUIET_MS, since + MOST_MS - now)))
  }
  return { call, stop }
}
