import { fireEvent, render, screen } from '@testing-library/react'
import { renderToString } from 'react-dom/server'
import { SocialEmbed } from '../src'

const post = {
  type: 'social', platform: 'twitter', title: 'Acme Example on X', url: 'https://x.com/acme_example/status/1',
  author: { name: 'Acme Example', handle: 'acme_example', url: 'https://x.com/acme_example', avatar_url: 'https://pbs.twimg.com/a.jpg' },
  description: 'Hello #Launch with @bo_example: https://t.co/abc.', media: [], engagement: { likes: 1200, retweets: 3 },
  posted_at: new Date(Date.now() - 2 * 3_600_000).toISOString(),
}
const links = () => screen.queryAllByRole('link').map((link) => link.getAttribute('href') ?? '')

test('draws author, text with links, counters and age', () => {
  render(<SocialEmbed embed={post} />)
  expect(screen.getByText('Acme Example')).toBeInTheDocument()
  expect(screen.getByText('1.2K')).toBeInTheDocument()
  expect(screen.getByText('Posted 2 hours ago')).toBeInTheDocument()
  expect(links()).toEqual(expect.arrayContaining([
    'https://x.com/hashtag/Launch', 'https://x.com/bo_example', 'https://t.co/abc', 'https://x.com/acme_example/status/1',
  ]))
  for (const link of screen.getAllByRole('link')) expect(link).toHaveAttribute('rel', expect.stringContaining('noopener'))
})

test('a repost says who passed it on, by its data and not by its words', () => {
  render(<SocialEmbed embed={{ ...post, title: 'Acme Example reposted Bo Example on X' }} />)
  expect(screen.queryByText(/reposted/)).not.toBeInTheDocument()
  render(<SocialEmbed embed={{ ...post, author: { name: 'Bo Example' }, reposted_by: { name: 'Acme Example', url: 'https://x.com/acme_example' } }} />)
  expect(screen.getByText(/reposted/)).toHaveTextContent('Acme Example')
})

test('draws nothing for what is no social embed', () => {
  for (const embed of [null, undefined, 'social', 7, [], {}, { type: 'link' }]) {
    const { container, unmount } = render(<SocialEmbed embed={embed} />)
    expect(container).toBeEmptyDOMElement()
    unmount()
  }
})

test('markup is text, and only https is a link or a picture', () => {
  const hostile = '<img src=x onerror=alert(1)><script>alert(1)</script><iframe src="https://x.com"></iframe>'
  const { container } = render(
    <SocialEmbed
      embed={{
        ...post, description: `${hostile} javascript:alert(1) http://plain.example`, url: 'javascript:alert(1)',
        author: { name: hostile, url: 'data:text/html,x', avatar_url: 'http://plain.example/a.png' },
        media: [{ url: 'javascript:alert(1)', type: 'image' }, { url: 'http://plain.example/b.png', type: 'image' }],
      }}
    />,
  )
  expect(container.querySelector('script, iframe, img, object, embed')).toBeNull()
  expect(screen.getAllByText(/<script>/)[0]).toBeInTheDocument()
  expect(links().filter((href) => !href.startsWith('https://'))).toEqual([])
})

test('signs that turn the text around are taken out', () => {
  render(<SocialEmbed embed={{ ...post, author: { name: 'Acme\u202Egpj.exe' }, description: '\u202Eabc\u2066' }} />)
  expect(document.body.textContent).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
})

test('ten thousand characters are cut until they are wanted', () => {
  render(<SocialEmbed embed={{ ...post, description: 'long '.repeat(2000) }} />)
  expect(document.body.textContent!.length).toBeLessThan(1200)
  fireEvent.click(screen.getByRole('button', { name: 'Show more' }))
  expect(document.body.textContent!.length).toBeGreaterThan(9000)
})

test.each([
  ['a link', `https://example.com/${'path/'.repeat(30)}`, 'https://example.com/'],
  ['a hashtag', `#${'Launch'.repeat(12)}`, 'https://x.com/hashtag/'],
])('%s is not cut: it is there as a whole or not at all', (_, word, home) => {
  for (const before of [0, 440, 495, 499]) {
    const { unmount } = render(<SocialEmbed embed={{ ...post, description: `${'x'.repeat(before)} ${word} ${'end '.repeat(200)}` }} />)
    const found = links().filter((href) => href.startsWith(home))
    expect(found.map((href) => href.slice(home.length))).toEqual(found.length ? [word.replace(/^#|^https:..example.com./g, '')] : [])
    fireEvent.click(screen.getByRole('button', { name: 'Show more' }))
    expect(links().filter((href) => href.startsWith(home))).toHaveLength(1)
    unmount()
  }
})

test('a text that is one long link is shown as that link', () => {
  render(<SocialEmbed embed={{ ...post, description: `https://example.com/${'path/'.repeat(200)}` }} />)
  expect(links().filter((href) => href.startsWith('https://example.com/'))[0]).toHaveLength(1020)
})

test('a message brings its post alone, drawn at once', () => {
  const html = renderToString(<SocialEmbed embed={post} />)
  expect(html).toMatch(/^<div class="nchat-social"><article/)
  const { container } = render(<SocialEmbed embed={post} />)
  expect(container.querySelector('[aria-live], [data-toasts]')).toBeNull()
})

test('a dead picture leaves its description, and no more than four are shown', () => {
  const media = Array.from({ length: 9 }, (_, at) => ({ url: `https://pbs.twimg.com/${at}.jpg`, type: 'image', alt_text: `Picture ${at}` }))
  render(<SocialEmbed embed={{ ...post, author: { name: 'Acme' }, media }} />)
  expect(screen.getAllByRole('img', { name: /^Picture/ })).toHaveLength(4)
  fireEvent.error(screen.getByRole('img', { name: 'Picture 0' }))
  expect(screen.getByText('Picture 0')).toBeInTheDocument()
})

test('nothing of a video is read before it is played', () => {
  const { container } = render(<SocialEmbed embed={{ ...post, media: [{ url: 'https://video.twimg.com/a.mp4', type: 'video', thumbnail_url: 'https://pbs.twimg.com/t.jpg' }] }} />)
  expect(container.querySelector('video')).toBeNull()
  fireEvent.click(screen.getByRole('button', { name: 'Play video' }))
  expect(container.querySelector('video')).toHaveAttribute('poster', 'https://pbs.twimg.com/t.jpg')
})

test.each([
  [{ ...post, media: 'x', engagement: [], author: null, posted_at: 'never' }],
  [{ ...post, engagement: { likes: '7', views: -1, quotes: Infinity } }],
  [{ type: 'social' }],
  // Addresses that are none, wherever one is drawn.
  [{ type: 'social', url: 'https://[' }],
  [{ ...post, platform: 'myspace', url: 'https://' }],
  [{ ...post, platform: undefined, url: 'https://a:b:c', author: { name: 'A', url: 'https://[', avatar_url: 'https://%' }, media: [{ url: 'https://[::1' }] }],
  [{ ...post, description: 'https://[ https://% @\ud800 #\udfff' }],
])('crooked values do not break it: %#', (embed) => {
  render(<SocialEmbed embed={embed} />)
  expect(screen.getByRole('article')).toBeInTheDocument()
})
