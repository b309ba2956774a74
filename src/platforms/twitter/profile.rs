//! How X's users and posts are named and linked.

use super::{media::https, wire::User};
use crate::domain::Author;

/// A user as an author. Ids stay the same while handles may change.
pub(super) fn author(user: &User) -> Author {
    let named = by_handle(&user.username);
    let name = if user.name.is_empty() { named.name } else { user.name.clone() };
    Author { name, avatar_url: https(user.profile_image_url.as_deref()).map(larger_avatar), ..named }
}

/// An author of whom only the handle is known.
pub(super) fn by_handle(handle: &str) -> Author {
    if is_handle(handle) {
        Author {
            name: handle.to_owned(),
            handle: Some(handle.to_owned()),
            url: Some(format!("https://x.com/{handle}")),
            avatar_url: None,
        }
    } else {
        Author { name: "Unknown author".to_owned(), ..Author::default() }
    }
}

/// Where people open a post; X finds it without a name too.
pub(super) fn permalink(author: &Author, post_id: &str) -> String {
    match author.handle.as_deref().filter(|handle| is_handle(handle)) {
        Some(handle) => format!("https://x.com/{handle}/status/{post_id}"),
        None => format!("https://x.com/i/web/status/{post_id}"),
    }
}

/// Up to 15 letters, digits and underscores; older accounts have a few more.
pub(super) fn is_handle(text: &str) -> bool {
    (1..=30).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// X names pictures of 48 pixels; the same picture is kept in 400 pixels under another ending.
/// `<https://developer.x.com/en/docs/x-api/v1/accounts-and-users/user-profile-images-and-banners>`
fn larger_avatar(url: String) -> String {
    match url.rsplit_once("_normal.") {
        Some((start, ending)) if !ending.contains('/') => format!("{start}_400x400.{ending}"),
        _ => url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn avatars_grow_by_their_ending_only() {
        for (url, expected) in [
            ("https://p/1/abcd_normal.jpg", "https://p/1/abcd_400x400.jpg"),
            ("https://p/_normal.d/abcd.jpg", "https://p/_normal.d/abcd.jpg"),
            ("https://p/1/abcd", "https://p/1/abcd"),
        ] {
            assert_eq!(larger_avatar(url.to_owned()), expected);
        }
    }

    #[test]
    fn no_handle_no_profile_link() {
        assert_eq!(permalink(&by_handle("bo_example"), "5"), "https://x.com/bo_example/status/5");
        for odd in ["", "a/b", "a b", "ä"] {
            assert_eq!(by_handle(odd).url, None);
            assert_eq!(permalink(&by_handle(odd), "5"), "https://x.com/i/web/status/5");
        }
    }
}
