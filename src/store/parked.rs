//! Posts that the database refuses. Their content is kept all the same, in letters and digits that no constraint on texts
//! can mind, so that they can be tried again once the reason is gone.

use crate::domain::Post;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::{Value, json};

/// The `details` of a row that only names its post: `{"parked": "<base64 of the post's JSON>"}`.
pub fn wrap(post: &Post) -> Value {
    json!({ "parked": STANDARD_NO_PAD.encode(json!(post).to_string()) })
}

/// The post in `details`, parked or not; `None` for rows that were not written by this service.
pub fn unwrap(details: Value) -> Option<Post> {
    match details.get("parked").and_then(Value::as_str) {
        Some(text) => serde_json::from_slice(&STANDARD_NO_PAD.decode(text).ok()?).ok(),
        None => serde_json::from_value(details).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Author, Engagement, Relation, Timestamp};

    #[test]
    fn a_parked_post_comes_back_as_it_was_and_shows_nothing_meanwhile() {
        let post = Post {
            post_id: "1".into(),
            version_id: "1".into(),
            url: "https://x.com/acme/status/1".into(),
            text: "pöison \"quoted\" \u{202e}".into(),
            author: Author { name: "Acme".into(), ..Author::default() },
            reposted_by: None,
            quoted: None,
            media: Vec::new(),
            hashtags: vec!["a".into()],
            mentions: Vec::new(),
            engagement: Engagement { likes: Some(i64::MAX.unsigned_abs()), ..Engagement::default() },
            relation: Relation::default(),
            posted_at: Timestamp::UNIX_EPOCH,
            sensitive: true,
        };
        let parked = wrap(&post);
        assert!(parked.to_string().is_ascii() && !parked.to_string().contains("quoted"));
        assert_eq!(unwrap(parked).as_ref(), Some(&post));
        assert_eq!(unwrap(json!(post)).as_ref(), Some(&post));
        for strange in [json!({}), json!(null), json!({"parked": "?"}), json!({"parked": "e30"}), json!([1])] {
            assert_eq!(unwrap(strange), None);
        }
    }
}
