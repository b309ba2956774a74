//! What is not kept of a post: characters the database cannot keep, and what is more than any platform lets people write.

use crate::domain::Post;

/// The text, in bytes; X's longest posts have 25,000 characters.
const MAX_TEXT_BYTES: usize = 200_000;
/// Hashtags, and mentions.
const MAX_WORDS: usize = 1_000;
/// Pictures and videos.
const MAX_MEDIA: usize = 100;

/// Postgres keeps no NUL, neither in text nor in JSON: a post with one must not stop the others.
pub fn scrub(post: &mut Post) {
    shorten(&mut post.text);
    post.quoted.iter_mut().for_each(|quoted| shorten(&mut quoted.text));
    post.hashtags.truncate(MAX_WORDS);
    post.mentions.truncate(MAX_WORDS);
    post.media.truncate(MAX_MEDIA);
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

fn shorten(text: &mut String) {
    text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
}
