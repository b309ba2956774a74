//! A post's `content`: nothing, or exactly one kind.
//! `<https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api>`

use crate::simulator::{Draft, DraftMedia};
use serde_json::{Map, Value, json};

/// Builds the content of `draft`; `upload` makes an asset of a kind (`image`, `video`, `document`) and tells its URN.
/// Beside media, `extra` may hold one of
/// `article {source, title, description?, thumbnail?: true}`, `poll {question, options[], duration?}`,
/// `document {title}`, or `content` in LinkedIn's own shape.
pub(super) fn build(draft: &Draft, upload: &mut impl FnMut(&str) -> String) -> Result<Option<Value>, String> {
    let named: Vec<(&str, &Value)> = ["article", "poll", "document", "content"]
        .into_iter()
        .filter_map(|name| draft.extra.get(name).map(|value| (name, value)))
        .collect();
    match (draft.media.as_slice(), named.as_slice()) {
        ([], []) => Ok(None),
        ([one], []) => single(one, upload).map(Some),
        (several, []) => gallery(several, upload).map(Some),
        ([], [(name, value)]) => {
            let given = value.as_object().ok_or_else(|| format!("{name} must be an object"))?;
            match *name {
                "article" => article(given, upload).map(Some),
                "poll" => poll(given).map(Some),
                "document" => Ok(Some(json!({"media": {"id": upload("document"), "title": given.get("title")}}))),
                _ => Ok(Some(Value::Object(given.clone()))),
            }
        }
        _ => Err("a LinkedIn post has one kind of content".to_owned()),
    }
}

fn single(media: &DraftMedia, upload: &mut impl FnMut(&str) -> String) -> Result<Value, String> {
    match media.kind.as_str() {
        "image" | "gif" => Ok(json!({"media": {"id": upload("image"), "altText": media.alt_text, "title": ""}})),
        "video" => Ok(json!({"media": {"id": upload("video"), "title": media.alt_text.clone().unwrap_or_default()}})),
        kind => Err(format!("LinkedIn has no media of kind {kind:?}: image, gif or video")),
    }
}

fn gallery(media: &[DraftMedia], upload: &mut impl FnMut(&str) -> String) -> Result<Value, String> {
    if media.len() > 20 || !media.iter().all(|media| matches!(media.kind.as_str(), "image" | "gif")) {
        return Err("several media must be 2 to 20 images".to_owned());
    }
    let images =
        media.iter().map(|media| json!({"id": upload("image"), "altText": media.alt_text.clone().unwrap_or_default()}));
    Ok(json!({"multiImage": {"images": images.collect::<Vec<_>>()}}))
}

fn article(given: &Map<String, Value>, upload: &mut impl FnMut(&str) -> String) -> Result<Value, String> {
    if !given.get("source").is_some_and(Value::is_string) {
        return Err("article needs its source, a URL".to_owned());
    }
    let mut article = given.clone();
    if given.get("thumbnail") == Some(&Value::Bool(true)) {
        article.insert("thumbnail".to_owned(), upload("image").into());
    }
    Ok(json!({"article": article}))
}

fn poll(given: &Map<String, Value>) -> Result<Value, String> {
    let options = given.get("options").and_then(Value::as_array).ok_or("poll needs its options")?;
    let options: Vec<Value> = options
        .iter()
        .map(|option| match option {
            Value::String(text) => json!({"text": text, "voteCount": 0, "isVotedByViewer": false}),
            whole => whole.clone(),
        })
        .collect();
    let votes: u64 = options.iter().filter_map(|option| option.get("voteCount").and_then(Value::as_u64)).sum();
    Ok(json!({"poll": {
        "question": given.get("question"),
        "options": options,
        "settings": {
            "duration": given.get("duration").cloned().unwrap_or_else(|| json!("THREE_DAYS")),
            "voteSelectionType": "SINGLE_VOTE",
            "isVoterVisibleToAuthor": true,
        },
        "uniqueVotersCount": votes,
    }}))
}
