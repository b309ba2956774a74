//! The present counters of known posts. There is no reading of several posts by id: Meta has withdrawn `?ids=`.
//! `<https://developers.facebook.com/docs/graph-api/changelog>` Mostly one page of the newest posts has them all, and the
//! others are read one by one.

use super::{ask::Ask, graph::Graph, window::MAX_SEEN, wire};
use crate::{
    domain::Engagement,
    platforms::{LookedUp, LookupRequest, PlatformError},
};

const FIELDS: [&str; 3] = ["id", "like_count", "comments_count"];

/// Reads the counters of posts of `node`.
pub(super) async fn lookup(graph: &Graph, node: &str, request: &LookupRequest<'_>) -> Result<LookedUp, PlatformError> {
    let mut looked = LookedUp::default();
    let mut left: Vec<&str> = request.post_ids.iter().map(String::as_str).collect();
    if left.len() > 1 {
        let path = [node, "media"];
        let mut ask = Ask::new(&path, &FIELDS);
        ask.limit = Some(MAX_SEEN);
        let reply = ask.put(graph, request.access_token, None, Some(request.now)).await;
        request.meter.note(|reads| reads.requests += ask.requests);
        // Likes that their owner hides are told by the post itself alone.
        for item in wire::page(&reply?.body)?.items.into_iter().filter(|item| counters(item).is_told()) {
            let place = left.iter().position(|id| item.id.as_deref() == Some(*id));
            if let Some(place) = place {
                looked.counters.push((left.swap_remove(place).to_owned(), counters(&item)));
            }
        }
    }
    for id in left {
        let path = [id];
        let mut ask = Ask::new(&path, &FIELDS);
        let answer = ask.put(graph, request.access_token, None, Some(request.now)).await;
        request.meter.note(|reads| reads.requests += ask.requests);
        match answer {
            Ok(reply) => looked.counters.push((id.to_owned(), counters(&wire::object(&reply.body)?))),
            // The account has just been read, so it is the post that is not there.
            Err(PlatformError::Gone { .. }) => looked.gone.push(id.to_owned()),
            Err(error) => return Err(error),
        }
    }
    Ok(looked)
}

fn counters(item: &wire::Media) -> Engagement {
    Engagement { likes: item.like_count, comments: item.comments_count, ..Engagement::default() }
}
