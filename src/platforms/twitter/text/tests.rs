use super::*;
use proptest::prelude::*;

/// A link at the first place of `url` in `text`, counted in code points.
fn link(text: &str, url: &str, expanded: &str, display: &str) -> Link {
    let at = text.find(url).expect("the link is in the text");
    let start = text[..at].chars().count();
    Link {
        start,
        end: start + url.chars().count(),
        url: Some(url.to_owned()),
        expanded_url: Some(expanded.to_owned()),
        display_url: Some(display.to_owned()),
        ..Link::default()
    }
}

const MEDIA: Omit<'static> = Omit { media: true, quoted: &[] };

#[test]
fn only_three_escapes_are_undone_and_only_once() {
    for (escaped, expected) in [
        ("Tea &amp; cake &lt;3 &gt;", "Tea & cake <3 >"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("&amp;amp;", "&amp;"),
        ("&quot;&#39;&nbsp;", "&quot;&#39;&nbsp;"),
        ("a & b &", "a & b &"),
        ("&am", "&am"),
        ("", ""),
    ] {
        assert_eq!(plain(escaped, &[], Omit::default()), expected);
    }
}

#[test]
fn offsets_count_code_points_of_the_escaped_text() {
    let text = "Tea &amp; 🍰👩‍👩‍👧 ça https://t.co/aaaaaaaaaa &lt;3";
    let links = [link(text, "https://t.co/aaaaaaaaaa", "https://example.org/menu?x=1&y=2", "example.org/menu")];
    assert_eq!(plain(text, &links, MEDIA), "Tea & 🍰👩‍👩‍👧 ça https://example.org/menu?x=1&y=2 <3");
}

#[test]
fn a_link_counted_otherwise_is_found_by_its_text() {
    let text = "🍰🍰 https://t.co/a, more";
    let mut shifted = link(text, "https://t.co/a", "https://example.org/", "example.org");
    shifted.start += 2;
    shifted.end += 2;
    assert_eq!(plain(text, &[shifted], MEDIA), "🍰🍰 https://example.org/, more");
    let elsewhere = Link { start: 0, end: 2, url: Some("https://t.co/zzz".to_owned()), ..Link::default() };
    assert_eq!(plain(text, &[elsewhere], MEDIA), text);
}

#[test]
fn the_media_link_is_left_out_once_and_wherever_it_is() {
    let media = |text| link(text, "https://t.co/m", "https://x.com/a/status/1/photo/1", "pic.x.com/m");
    for (text, expected) in [
        ("Cake https://t.co/m", "Cake"),
        ("https://t.co/m", ""),
        ("Cake https://t.co/m now", "Cake now"),
        ("Cake\nhttps://t.co/m", "Cake"),
        ("https://t.co/m now", "now"),
    ] {
        assert_eq!(plain(text, &[media(text), media(text)], MEDIA), expected, "{text:?}");
    }
    let text = "Cake https://t.co/m";
    assert_eq!(plain(text, &[media(text), media(text)], Omit::default()), "Cake https://x.com/a/status/1/photo/1");
    let old = link(text, "https://t.co/m", "https://twitter.com/a/status/1/video/1", "pic.twitter.com/m");
    assert_eq!(plain(text, &[old], MEDIA), "Cake");
}

#[test]
fn the_quoted_link_is_left_out_at_the_end_only() {
    let omit = Omit { media: true, quoted: &["98"] };
    let quote = |text, host| link(text, "https://t.co/q", &format!("https://{host}/bo/status/98"), "x.com/bo/sta…");
    for host in ["x.com", "twitter.com", "mobile.twitter.com", "www.x.com"] {
        let text = "So true https://t.co/q";
        assert_eq!(plain(text, &[quote(text, host)], omit), "So true");
    }
    let text = "See https://t.co/q for more";
    assert_eq!(plain(text, &[quote(text, "x.com")], omit), "See https://x.com/bo/status/98 for more");
    let text = "So true https://t.co/q https://t.co/m";
    let media = link(text, "https://t.co/m", "https://x.com/a/status/1/photo/1", "pic.x.com/m");
    assert_eq!(plain(text, &[quote(text, "x.com"), media.clone()], omit), "So true");
    assert_eq!(plain(text, &[media, quote(text, "x.com")], MEDIA), "So true https://x.com/bo/status/98");
    let text = "So true https://t.co/q";
    assert_eq!(plain(text, &[quote(text, "example.org")], omit), "So true https://example.org/bo/status/98");
}

#[test]
fn only_web_addresses_replace_a_link() {
    let text = "Go https://t.co/a";
    for bad in ["javascript:alert(1)", "https://example.org/\u{7}", "https://example.org/ x", ""] {
        assert_eq!(plain(text, &[link(text, "https://t.co/a", bad, "example.org")], MEDIA), text);
    }
    let mut unwound = link(text, "https://t.co/a", "", "example.org");
    unwound.unwound_url = Some("https://example.org/long".to_owned());
    assert_eq!(plain(text, &[unwound], MEDIA), "Go https://example.org/long");
}

fn any_link() -> impl Strategy<Value = Link> {
    let url = prop::option::of(prop_oneof!["https://t.co/[a-c]{1,2}", "\\PC{0,3}"]);
    let display = prop::option::of(prop_oneof![Just("pic.x.com/a".to_owned()), Just("example.org".to_owned())]);
    let number = prop_oneof![0..40_usize, Just(usize::MAX)];
    (number.clone(), number, url, prop::option::of("(https://x.com/a/status/)?\\PC{0,4}"), display).prop_map(
        |(start, end, url, expanded_url, display_url)| Link {
            start,
            end,
            url,
            expanded_url,
            display_url,
            ..Link::default()
        },
    )
}

proptest! {
    #[test]
    fn no_text_and_no_entities_break_it(
        text in "(\\PC|&amp;|&lt;|&|\n| https://t.co/[a-c]){0,30}",
        links in prop::collection::vec(any_link(), 0..6),
        media: bool,
    ) {
        plain(&text, &links, Omit { media, quoted: &["1", ""] });
    }

    #[test]
    fn unescaping_undoes_escaping(text in "\\PC{0,60}") {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        prop_assert_eq!(plain(&escaped, &[], MEDIA), text);
    }

    #[test]
    fn text_around_a_link_is_kept(before in "[a&🍰é]{0,10}", after in "[a<🍰é]{0,10}") {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
        let text = format!("{} https://t.co/xyz {}", escape(&before), escape(&after));
        let links = [link(&text, "https://t.co/xyz", "https://example.org/", "example.org")];
        prop_assert_eq!(plain(&text, &links, Omit::default()), format!("{before} https://example.org/ {after}"));
    }
}
