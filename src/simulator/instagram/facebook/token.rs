//! `/oauth/access_token`: a code for a user token, a user token for a longer one. Errors are the Graph API's.
//! `<https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived>`

use super::super::{InstagramWorld, errors::GraphError, params::Params, state::State};
use super::{
    APP_ID, APP_SECRET,
    grants::{Holder, Token},
};
use serde_json::{Value, json};

pub(super) fn exchange(world: &InstagramWorld, state: &mut State, params: &Params) -> Result<Value, GraphError> {
    if params.text("client_id") != APP_ID {
        let sentence = "Error validating application. Cannot get application info due to a system error.";
        return Err(GraphError::new(101, sentence));
    }
    if params.text("client_secret") != APP_SECRET || state.switches.secret_changed {
        return Err(GraphError::new(1, "Error validating client secret."));
    }
    let now = world.shared.clock.now();
    let ((token, seconds), tells_end) = match params.get("grant_type") {
        None => {
            let consent = state.facebook.redeem(params.text("code"), params.text("redirect_uri"), now)?;
            let long_lived = state.switches.user_token_long;
            (state.facebook.issue_user(&world.shared, consent, long_lived), true)
        }
        Some("fb_exchange_token") => {
            let given = state.facebook.check(params.text("fb_exchange_token"), now)?.0.clone();
            if !matches!(given, Token { holder: Holder::Person, .. }) {
                return Err(GraphError::parameter("fb_exchange_token must be a user access token"));
            }
            (state.facebook.prolong(&world.shared, &given), !state.switches.expires_in_absent)
        }
        Some(_) => return Err(GraphError::parameter("param grant_type is not supported")),
    };
    let mut body = json!({ "access_token": token, "token_type": "bearer" });
    if tells_end {
        body["expires_in"] = seconds.into();
    }
    Ok(body)
}
