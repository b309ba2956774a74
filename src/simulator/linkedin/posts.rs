//! `/rest/posts`: by author, one, several.
//! `<https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api>`

use super::call::{Call, Method};
use super::paging::{Links, Window, page};
use super::refusal::Refusal;
use super::state::{State, StoredPost};
use super::{LinkedinWorld, urn};
use serde_json::Value;
use std::cmp::Reverse;

/// The permission that refusals name.
const RESOURCE: &str = "partnerApiPostsExternal";
const FINDER_PARAMS: [&str; 7] = ["q", "author", "start", "count", "sortBy", "viewContext", "isDsc"];

pub(super) fn answer(world: &LinkedinWorld, state: &State, call: &Call) -> Result<Value, Refusal> {
    call.caller.require(&["r_organization_social"], &call.permission(RESOURCE))?;
    match &call.method {
        Method::Finder(name) if name == "author" => find(world, state, call),
        Method::Get => {
            call.query.allow_only(&["viewContext"])?;
            one(state, call, &call.key()?, sees_drafts(call)?)
        }
        Method::BatchGet => {
            call.query.allow_only(&["ids", "viewContext"])?;
            let drafts = sees_drafts(call)?;
            call.batch(RESOURCE, |id| one(state, call, id, drafts))
        }
        Method::Finder(_) | Method::GetAll => Err(Refusal::missing_field("q")),
    }
}

fn find(world: &LinkedinWorld, state: &State, call: &Call) -> Result<Value, Refusal> {
    let author = call.query.need_text("author")?;
    let number = match urn::split(&author) {
        Some(("person", _)) => return Err(Refusal::member_as_author()),
        _ => urn::page_number(&author).ok_or_else(|| Refusal::urn_kind(&author))?,
    };
    if !state.page_numbered(number).is_some_and(super::state::Page::shows_posts) {
        return Err(Refusal::denied(&call.permission(RESOURCE)));
    }
    call.query.allow_only(&FINDER_PARAMS)?;
    let window = Window::read(call)?;
    let drafts = sees_drafts(call)?;
    let dsc = call.query.text("isDsc")?.map(|text| text == "true");
    let time = match call.query.text("sortBy")?.as_deref() {
        None | Some("LAST_MODIFIED") => "lastModifiedAt",
        Some("CREATED") => "createdAt",
        Some(other) => return Err(Refusal::illegal(format!("Unknown sortBy {other}"))),
    };
    let shown = |post: &&StoredPost| {
        post.page == number && (drafts || post.is_published()) && dsc.is_none_or(|dsc| dsc == post.is_dsc())
    };
    let mut posts: Vec<&StoredPost> = state.posts.values().filter(shown).collect();
    posts.sort_by_cached_key(|post| Reverse((post.time(time), number_of(post))));
    let switches = &state.switches;
    let links = Links { most: switches.short_page, total: switches.total, absolute: switches.absolute_links };
    Ok(page(world, call, links, window, posts, |post| Value::Object(post.body.clone())))
}

fn one(state: &State, call: &Call, id: &str, drafts: bool) -> Result<Value, Refusal> {
    if !urn::is_post(id) {
        return Err(Refusal::urn_kind(id));
    }
    if state.foreign.contains(id) {
        return Err(Refusal::denied(&call.permission(RESOURCE)));
    }
    let post = state.posts.get(id).filter(|post| drafts || post.is_published());
    let post = post.ok_or_else(|| Refusal::not_found(format!("Could not find entity {id}")))?;
    if state.shows(post) {
        Ok(Value::Object(post.body.clone()))
    } else {
        Err(Refusal::denied(&call.permission(RESOURCE)))
    }
}

/// `viewContext=AUTHOR` shows what is not published, too.
fn sees_drafts(call: &Call) -> Result<bool, Refusal> {
    match call.query.text("viewContext")?.as_deref() {
        None | Some("READER") => Ok(false),
        Some("AUTHOR") => Ok(true),
        Some(other) => Err(Refusal::illegal(format!("Unknown viewContext {other}"))),
    }
}

/// The digits, which grow with time: they order posts of the same millisecond.
fn number_of(post: &StoredPost) -> u64 {
    urn::split(post.text("id")).and_then(|(_, id)| id.parse().ok()).unwrap_or(0)
}
