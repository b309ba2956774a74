//! `/rest/socialMetadata` and a post's comments.
//! `<https://learn.microsoft.com/linkedin/marketing/community-management/shares/social-metadata-api>`

use super::LinkedinWorld;
use super::call::{Call, Method};
use super::identity::person_urn;
use super::paging::{Links, Window, page};
use super::refusal::Refusal;
use super::state::{State, StoredPost};
use serde_json::{Map, Value, json};

const SCOPE: [&str; 1] = ["r_organization_social_feed"];

/// Reactions and the number of comments, of one post or of several.
pub(super) fn metadata(state: &State, call: &Call) -> Result<Value, Refusal> {
    let resource = "partnerApiSocialMetadata";
    call.caller.require(&SCOPE, &call.permission(resource))?;
    let one = |id: &str| readable(state, call, resource, id).map(summary);
    match call.method {
        Method::Get => {
            call.query.allow_only(&[])?;
            one(&call.key()?)
        }
        Method::BatchGet => {
            call.query.allow_only(&["ids"])?;
            call.batch(resource, one)
        }
        Method::Finder(_) | Method::GetAll => Err(Refusal::missing_field("ids")),
    }
}

/// `/rest/socialActions/{urn}/comments`: 404 when there are none, as documented.
pub(super) fn comments(world: &LinkedinWorld, state: &State, call: &Call) -> Result<Value, Refusal> {
    let resource = "partnerApiSocialActions";
    call.caller.require(&SCOPE, &call.permission(resource))?;
    call.query.allow_only(&["start", "count"])?;
    let window = Window::read(call)?;
    let post = readable(state, call, resource, &call.key()?)?;
    if post.tally.comments == 0 {
        return Err(Refusal::not_found("No comments found"));
    }
    let links = Links { total: true, ..Links::default() };
    let numbers: Vec<u64> = (1..=post.tally.comments.min(1000)).collect();
    Ok(page(world, call, links, window, numbers, |number| {
        json!({
            "actor": person_urn(),
            "id": number.to_string(),
            "object": post.activity,
            "message": {"attributes": [], "text": format!("Comment {number}")},
        })
    }))
}

fn readable<'a>(state: &'a State, call: &Call, resource: &str, id: &str) -> Result<&'a StoredPost, Refusal> {
    if super::urn::split(id).is_none() {
        return Err(Refusal::urn_kind(id));
    }
    let post = state.post(id).ok_or_else(|| Refusal::not_found(format!("Could not find entity {id}")))?;
    if state.shows(post) { Ok(post) } else { Err(Refusal::denied(&call.permission(resource))) }
}

fn summary(post: &StoredPost) -> Value {
    let comments = post.tally.comments;
    json!({
        "entity": post.activity,
        "commentsState": "OPEN",
        "commentSummary": {"count": comments, "topLevelCount": comments - comments / 4},
        "reactionSummaries": reactions(post.tally.likes),
    })
}

/// An object keyed by type, types without reactions left out. Shared out so that only the sum is the number of likes.
fn reactions(likes: u64) -> Map<String, Value> {
    let (praise, empathy) = (likes / 10, likes / 5);
    let shares = [("LIKE", likes - praise - empathy), ("PRAISE", praise), ("EMPATHY", empathy)];
    let given = shares.into_iter().filter(|(_, count)| *count > 0);
    given.map(|(kind, count)| (kind.to_owned(), json!({"reactionType": kind, "count": count}))).collect()
}
