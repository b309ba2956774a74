//! `/rest/organizationalEntityShareStatistics`: lifetime counts of single posts, or of the page.
//! `<https://learn.microsoft.com/linkedin/marketing/community-management/organizations/share-statistics>`

use super::call::{Call, Method};
use super::refusal::Refusal;
use super::state::{Page, State, StoredPost, Tally};
use super::urn;
use serde_json::{Value, json};

/// Administrators only. Posts that nobody did anything with are left out.
pub(super) fn answer(state: &State, call: &Call) -> Result<Value, Refusal> {
    let permission = call.permission("organizationalEntityShareStatistics");
    call.caller.require(&["rw_organization_admin"], &permission)?;
    if call.method != Method::Finder("organizationalEntity".to_owned()) {
        return Err(Refusal::missing_field("q"));
    }
    let entity = call.query.need_text("organizationalEntity")?;
    let page = match urn::page_number(&entity) {
        Some(number) => state.page_numbered(number).filter(|page| Page::is_administered(page)),
        None => return Err(Refusal::urn_kind(&entity)),
    };
    let page = page.ok_or_else(|| Refusal::denied(&permission))?;
    call.query.allow_only(&["q", "organizationalEntity", "shares", "ugcPosts", "start", "count"])?;
    let (shares, ugc_posts) = (call.query.list("shares")?, call.query.list("ugcPosts")?);
    let of_page = |post: &&StoredPost| post.page == page.number;
    let elements: Vec<Value> = if shares.is_none() && ugc_posts.is_none() {
        let total = state.posts.values().filter(of_page).fold(Tally::default(), |sum, post| add(sum, post.tally));
        vec![json!({"organizationalEntity": entity, "totalShareStatistics": statistics(total)})]
    } else {
        let mut elements = Vec::new();
        for (key, kind, ids) in [("share", "share", shares), ("ugcPost", "ugcPost", ugc_posts)] {
            for id in ids.unwrap_or_default() {
                if urn::split(&id).is_none_or(|(found, _)| found != kind) {
                    return Err(Refusal::urn_kind(&id));
                }
                let Some(post) = state.posts.get(&id).filter(of_page).filter(|post| !is_idle(post.tally)) else {
                    continue;
                };
                let mut element =
                    json!({"organizationalEntity": entity, "totalShareStatistics": statistics(post.tally)});
                element[key] = id.into();
                elements.push(element);
            }
        }
        elements
    };
    Ok(json!({"paging": {"start": 0, "count": elements.len().max(10), "links": []}, "elements": elements}))
}

fn add(one: Tally, other: Tally) -> Tally {
    Tally {
        likes: one.likes.saturating_add(other.likes),
        comments: one.comments.saturating_add(other.comments),
        shares: one.shares.saturating_add(other.shares),
        views: one.views.saturating_add(other.views),
    }
}

fn is_idle(tally: Tally) -> bool {
    tally.likes == 0 && tally.comments == 0 && tally.shares == 0 && tally.views == 0
}

#[allow(clippy::cast_precision_loss)]
fn statistics(tally: Tally) -> Value {
    let acts = tally.likes.saturating_add(tally.comments).saturating_add(tally.shares);
    let engagement = if tally.views == 0 { 0.0 } else { acts as f64 / tally.views as f64 };
    json!({
        "impressionCount": tally.views,
        "uniqueImpressionsCount": tally.views - tally.views / 7,
        "clickCount": 0,
        "likeCount": tally.likes,
        "commentCount": tally.comments,
        "shareCount": tally.shares,
        "engagement": engagement,
        "shareMentionsCount": 0,
        "commentMentionsCount": 0,
    })
}
