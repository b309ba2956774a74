//! Characters the database cannot keep.

use crate::domain::Post;

/// Postgres keeps no NUL, neither in text nor in JSON: a post with one must not stop the others.
pub fn scrub(post: &mut Post) {
    let strip = |text: &mut String| text.retain(|c| c != '\0');
    let Post { url, text, author, reposted_by, quoted, media, hashtags, mentions, .. } = post;
    [url, text].into_iter().chain(hashtags).chain(mentions).for_each(strip);
    let quoted_author = quoted.as_mut().map(|quoted| {
        strip(&mut quoted.text);
        strip(&mut quoted.url);
        &mut quoted.author
    });
    for author in [Some(author), reposted_by.as_mut(), quoted_author].into_iter().flatten() {
        strip(&mut author.name);
        [&mut author.handle, &mut author.url, &mut author.avatar_url].into_iter().flatten().for_each(strip);
    }
    for media in media {
        strip(&mut media.url);
        [&mut media.thumbnail_url, &mut media.alt_text].into_iter().flatten().for_each(strip);
    }
}
