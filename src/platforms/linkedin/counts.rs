//! Reactions and comments, one call for all posts of a reading or of a look-up.
//! `<https://learn.microsoft.com/linkedin/marketing/community-management/shares/social-metadata-api>`

use super::{
    api::{Api, Call, CallError},
    restli,
    wire::{Batch, SocialMetadata},
};
use crate::{
    domain::Engagement,
    platforms::{LookedUp, PlatformError},
};
use serde_json::Value;
use std::collections::HashMap;

/// Keeps the query below LinkedIn's 4 KB.
pub(super) const BATCH: usize = 50;
/// Single calls in one look-up where batches are refused: an app of the development tier has 100 calls a day.
const MAX_SINGLES: usize = 4;

/// Counters by URN.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub by_urn: HashMap<String, Engagement>,
    /// Why they are missing, if they are.
    pub notice: Option<String>,
}

/// Reads the counters of the newest `urns`, at most one batch. Counters never cost a post.
///
/// # Errors
/// When the token or the API version is refused.
pub(super) async fn read(api: &Api<'_>, urns: &[&str]) -> Result<Counters, PlatformError> {
    let urns = &urns[..urns.len().min(BATCH)];
    let answer = match urns {
        [] => return Ok(Counters::default()),
        [urn] => one(api, urn).await.map(|metadata| HashMap::from([((*urn).to_owned(), metadata)])),
        _ => several(api, urns).await.map(|batch| batch.results),
    };
    match answer {
        Ok(results) => Ok(Counters {
            by_urn: results.iter().map(|(urn, metadata)| (urn.clone(), engagement(metadata))).collect(),
            notice: None,
        }),
        Err(error) if error.stops_everything() => Err(error.into()),
        Err(error) => {
            let notice = Some(format!("no counters this time: {}", PlatformError::from(error)));
            Ok(Counters { by_urn: HashMap::new(), notice })
        }
    }
}

/// Reads the counters of `urns`, at most one batch of them.
///
/// # Errors
/// All that keep LinkedIn from answering; a refusal for want of rights is none, since there are no counters to be had.
pub(super) async fn look_up(api: &Api<'_>, urns: &[String]) -> Result<LookedUp, PlatformError> {
    let mut looked = LookedUp::default();
    let urns: Vec<&str> = urns.iter().take(BATCH).map(String::as_str).collect();
    let singly = match urns.as_slice() {
        [] | [_] => urns,
        _ if !api.may_batch() => urns,
        _ => match several(api, &urns).await {
            Ok(batch) => {
                // What nobody asked about is left alone.
                let asked = |urn: &String| urns.contains(&urn.as_str());
                let told = batch.results.iter().filter(|(urn, _)| asked(urn));
                looked.counters = told.map(|(urn, of)| (urn.clone(), engagement(of))).collect();
                let gone =
                    batch.statuses.into_iter().filter(|(urn, status)| asked(urn) && status.as_u64() == Some(404));
                looked.gone = gone.map(|(urn, _)| urn).collect();
                Vec::new()
            }
            // An app of the development tier whose settings say otherwise.
            Err(error) if error.is_forbidden() => urns,
            Err(error) => return Err(error.into()),
        },
    };
    for urn in singly.into_iter().take(MAX_SINGLES) {
        match one(api, urn).await {
            Ok(metadata) => looked.counters.push((urn.to_owned(), engagement(&metadata))),
            Err(error) if error.status() == Some(404) => looked.gone.push(urn.to_owned()),
            Err(error) if error.is_forbidden() => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(looked)
}

async fn one(api: &Api<'_>, urn: &str) -> Result<SocialMetadata, CallError> {
    api.get(Call::Counters, &format!("/rest/socialMetadata/{}", restli::value(urn))).await
}

async fn several(api: &Api<'_>, urns: &[&str]) -> Result<Batch<SocialMetadata>, CallError> {
    api.get(Call::Counters, &format!("/rest/socialMetadata?ids={}", restli::list(urns.iter().copied()))).await
}

fn engagement(metadata: &SocialMetadata) -> Engagement {
    Engagement {
        likes: metadata.reaction_summaries.as_ref().and_then(sum_reactions),
        comments: metadata.comment_summary.as_ref().and_then(|summary| summary.count),
        ..Engagement::default()
    }
}

/// All kinds of reactions together; kinds without any are left out by LinkedIn.
fn sum_reactions(summaries: &Value) -> Option<u64> {
    let count = |summary: &Value| summary.get("count").and_then(Value::as_u64).unwrap_or_default();
    match summaries {
        Value::Object(by_kind) => Some(by_kind.values().map(count).fold(0, u64::saturating_add)),
        Value::Array(list) => Some(list.iter().map(count).fold(0, u64::saturating_add)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sums_reactions_in_either_form() {
        let recorded = include_str!("../../../tests/fixtures/linkedin/socialMetadata.json");
        for (metadata, likes, comments) in [
            (serde_json::from_str(recorded).expect("fixture"), Some(13), Some(4)),
            (json!({"reactionSummaries": [{"count": 2}, {"count": 3}]}), Some(5), None),
            (json!({"reactionSummaries": {}, "commentSummary": {"count": 0}}), Some(0), Some(0)),
            (json!({"reactionSummaries": "?", "commentSummary": {}}), None, None),
            (json!({}), None, None),
        ] {
            let metadata: SocialMetadata = serde_json::from_value(metadata).expect("metadata");
            let engagement = engagement(&metadata);
            assert_eq!((engagement.likes, engagement.comments), (likes, comments), "{metadata:?}");
        }
    }
}
