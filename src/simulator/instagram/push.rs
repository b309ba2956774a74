//! What Meta posts to a service when a person removed the app or asked for deletion: a signed request.
//! `<https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback>`

use super::{APP_SECRET, facebook, state::State};
use crate::simulator::{Push, Shared};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use url::form_urlencoded;

/// The form. The person is named by the id that the login's app knows them by.
pub(super) fn form(state: &State, shared: &Shared, push: &Push) -> Result<String, String> {
    let account = state.account(&push.account).ok_or_else(|| format!("no Instagram account {:?}", push.account))?;
    let (person, own_secret) = match push.login.as_deref() {
        None | Some("instagram") => (account.scoped_id.as_str(), APP_SECRET),
        Some("facebook") => (facebook::PERSON_ID, facebook::APP_SECRET),
        Some(other) => return Err(format!("no login {other:?}: use instagram or facebook")),
    };
    let now = shared.clock.now().timestamp();
    let mut payload = json!({ "user_id": person, "algorithm": "HMAC-SHA256", "issued_at": now });
    match push.kind.as_str() {
        "deauthorize" => {}
        "data_deletion" => payload["expires"] = (now + 3600).into(),
        other => return Err(format!("Meta pushes no {other:?}: use deauthorize or data_deletion")),
    }
    let signed = sign(push.secret.as_deref().unwrap_or(own_secret), &payload.to_string());
    Ok(form_urlencoded::Serializer::new(String::new()).append_pair("signed_request", &signed).finish())
}

/// Signature, dot, payload; what is signed is the payload as it is sent.
fn sign(secret: &str, payload: &str) -> String {
    let payload = URL_SAFE_NO_PAD.encode(payload);
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(payload.as_bytes());
    format!("{}.{payload}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn known_requests_are_signed_alike() {
        let payload = r#"{"user_id":"0","algorithm":"HMAC-SHA256","issued_at":1624244156}"#;
        let known = "Mf_s6nTb38UYqioBmPqu0Ewm9souPZB9I2fIGwV729U.\
                     eyJ1c2VyX2lkIjoiMCIsImFsZ29yaXRobSI6IkhNQUMtU0hBMjU2IiwiaXNzdWVkX2F0IjoxNjI0MjQ0MTU2fQ";
        assert_eq!(super::sign("key", payload), known);
        let payload = r#"{"user_id":"27561000000000001","algorithm":"HMAC-SHA256","issued_at":1790000000}"#;
        let known = "LycRYpwcaz9iT3tjmDjA8t4Qpt5Tb5suh6-r-pXMGas.\
                     eyJ1c2VyX2lkIjoiMjc1NjEwMDAwMDAwMDAwMDEiLCJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTc5MDAwMDAwMH0";
        assert_eq!(super::sign("test-app-secret", payload), known);
    }
}
