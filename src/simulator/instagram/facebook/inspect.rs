//! `/debug_token`: what a token is good for.
//! `<https://developers.facebook.com/docs/graph-api/reference/debug_token>`

use super::super::{errors::GraphError, params::Params, state::State};
use super::{
    APP_ID, APP_SECRET, BUSINESS_ID, PERSON_ID,
    grants::{Consent, Holder},
    pages::held,
};
use crate::domain::Timestamp;
use serde_json::{Value, json};

/// Answers the app itself: its token is its id and secret with a pipe between.
pub(super) fn debug_token(
    state: &State,
    params: &Params,
    token: Option<&str>,
    now: Timestamp,
) -> Result<Value, GraphError> {
    let token = token.ok_or_else(GraphError::no_token)?;
    if token != format!("{APP_ID}|{APP_SECRET}") || state.switches.secret_changed {
        return Err(GraphError::new(190, "Invalid OAuth access token signature."));
    }
    let input = params.text("input_token");
    if input.is_empty() {
        return Err(GraphError::parameter("The parameter input_token is required"));
    }
    // A token whose data are closed is valid all the same.
    let wrong = state.facebook.check(input, now).err().filter(|error| *error != GraphError::data_access_over());
    let Some((token, consent)) = state.facebook.find(input) else {
        let error = json!({ "code": 190, "message": "Invalid OAuth access token - Cannot parse access token" });
        return Ok(json!({ "data": { "error": error, "is_valid": false, "scopes": [] } }));
    };
    let mut data = json!({
        "app_id": APP_ID, "application": "Example", "user_id": PERSON_ID,
        "type": match token.holder { Holder::Person => "USER", Holder::Page(_) => "PAGE" },
        "expires_at": token.expires_at.map_or(0, |end| end.timestamp()),
        "issued_at": token.issued_at.timestamp(),
        "data_access_expires_at": consent.data_access_ends_at().timestamp(),
        "is_valid": wrong.is_none(),
        "scopes": consent.scopes,
        "granular_scopes": granular(state, consent),
    });
    if let Holder::Page(page) = &token.holder {
        data["profile_id"] = page.as_str().into();
    }
    if let Some(error) = wrong {
        data["error"] = json!({ "code": error.code, "subcode": error.subcode, "message": error.message });
    }
    Ok(json!({ "data": data }))
}

/// What each scope reaches: pages by their ids, accounts by theirs. Where a person allowed everything, now and in
/// future, there are no targets.
fn granular(state: &State, consent: &Consent) -> Vec<Value> {
    let pages = held(state);
    let target = |scope: &&'static str| {
        let ids: Vec<String> = match *scope {
            "instagram_basic"
            | "instagram_manage_insights"
            | "instagram_manage_comments"
            | "instagram_content_publish" => pages.iter().filter_map(|page| page.account.clone()).collect(),
            "pages_show_list" | "pages_read_engagement" => pages.iter().map(|page| page.id.clone()).collect(),
            "business_management" => vec![BUSINESS_ID.to_owned()],
            _ => return None,
        };
        let mut entry = json!({ "scope": scope });
        if !state.switches.granular_absent {
            entry["target_ids"] = ids.into();
        }
        Some(entry)
    };
    consent.scopes.iter().filter_map(target).collect()
}
