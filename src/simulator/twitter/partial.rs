//! The partial errors of an answer that is a success all the same.

use super::{fields::Vocabulary, state::Gone};
use serde_json::{Value, json};

const TYPES: &str = "https://api.x.com/2/problems/";

/// A post that cannot be shown, asked for as `parameter`.
pub(super) fn post_error(why: Gone, id: u64, parameter: &str, vocabulary: Vocabulary) -> Value {
    let (kind, parameter) = match (vocabulary, parameter) {
        (Vocabulary::Posts, "referenced_tweets.id") => ("post", "referenced_posts"),
        (Vocabulary::Posts, other) => ("post", other),
        (Vocabulary::Legacy, other) => ("tweet", other),
    };
    let shown = if kind == "post" { "Post" } else { "Tweet" };
    let mut error = match why {
        Gone::Deleted => json!({ "title": "Not Found Error", "type": format!("{TYPES}resource-not-found"),
            "detail": format!("Could not find {kind} with {parameter}: [{id}].") }),
        Gone::Protected => json!({ "title": "Authorization Error", "section": "includes",
            "type": format!("{TYPES}not-authorized-for-resource"),
            "detail": format!("Sorry, you are not authorized to see the {shown} with {parameter}: [{id}].") }),
        Gone::Suspended => json!({ "title": "Forbidden", "type": format!("{TYPES}resource-not-found"),
            "detail": format!("User has been suspended: [{id}].") }),
    };
    error["resource_type"] = json!(kind);
    error["resource_id"] = json!(id.to_string());
    error["parameter"] = json!(parameter);
    error["value"] = json!(id.to_string());
    error
}

/// A user that cannot be shown; `value` is the id, or the name where the parameter is one of names.
pub(super) fn user_error(why: Gone, value: &str, parameter: &str) -> Value {
    let mut error = match why {
        Gone::Deleted => json!({ "title": "Not Found Error", "type": format!("{TYPES}resource-not-found"),
            "detail": format!("Could not find user with {parameter}: [{value}].") }),
        Gone::Protected => json!({ "title": "Authorization Error", "section": "data",
            "type": format!("{TYPES}not-authorized-for-resource"),
            "detail": format!("Sorry, you are not authorized to see the user with {parameter}: [{value}].") }),
        Gone::Suspended => json!({ "title": "Forbidden", "type": format!("{TYPES}resource-not-found"),
            "detail": format!("User has been suspended: [{value}].") }),
    };
    error["resource_type"] = json!("user");
    error["resource_id"] = json!(value);
    error["parameter"] = json!(parameter);
    error["value"] = json!(value);
    error
}
