//! `signed_request`: what Meta's deauthorize and data deletion callbacks bring.
//! `<https://developers.facebook.com/docs/facebook-login/guides/advanced/existing-system#parsingsr>`,
//! `<https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback>`

use super::wire;
use crate::{
    domain::Timestamp,
    platforms::{SignedRequest, SignedRequestProblem},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// Checks the signature, then reads what is signed. Meta's documents leave open which of an app's secrets signs, so each
/// counts.
pub(super) fn check(secrets: &[SecretString], text: &str) -> Result<SignedRequest, SignedRequestProblem> {
    use SignedRequestProblem::{Forged, Unreadable};
    let (signature, payload) = text.trim().split_once('.').ok_or(Unreadable("there is no dot in it"))?;
    let signature = decode(signature).ok_or(Unreadable("the signature is not base64url"))?;
    // Signed is the payload as it was sent, not what it decodes to.
    let is_signed_with = |secret: &SecretString| {
        let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes());
        mac.is_ok_and(|mac| mac.chain_update(payload).verify_slice(&signature).is_ok())
    };
    if !secrets.iter().any(is_signed_with) {
        return Err(Forged);
    }
    let body = decode(payload).ok_or(Unreadable("the payload is not base64url"))?;
    let told: wire::SignedPayload = wire::object(&body).map_err(|_| Unreadable("the payload is not a JSON object"))?;
    let algorithm = told.algorithm.unwrap_or_default();
    if !algorithm.eq_ignore_ascii_case("HMAC-SHA256") {
        return Err(Unreadable("the algorithm is not HMAC-SHA256"));
    }
    Ok(SignedRequest {
        person: told.user_id.ok_or(Unreadable("it names no user_id"))?,
        issued_at: told.issued_at.and_then(|seconds| Timestamp::from_timestamp(seconds, 0)),
        digest: Sha256::digest(payload).into(),
    })
}

/// Meta leaves the padding out; some who pass it on put it back.
fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const SECRET: &str = "test-app-secret";
    /// Signed with [`SECRET`].
    const KNOWN: &str = "LycRYpwcaz9iT3tjmDjA8t4Qpt5Tb5suh6-r-pXMGas.eyJ1c2VyX2lkIjoiMjc1NjEwMDAwMDAwMDAwMDEiLCJhbGdvcml0\
                         aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTc5MDAwMDAwMH0";
    /// From the crate facebook-signed-request, signed with `key`.
    const OTHERS: &str = "Mf_s6nTb38UYqioBmPqu0Ewm9souPZB9I2fIGwV729U.eyJ1c2VyX2lkIjoiMCIsImFsZ29yaXRobSI6IkhNQUMtU0hBMj\
                          U2IiwiaXNzdWVkX2F0IjoxNjI0MjQ0MTU2fQ";

    fn check_with(secrets: &[&str], text: &str) -> Result<SignedRequest, SignedRequestProblem> {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).into()).collect();
        check(&secrets, text)
    }

    fn sign(payload: &[u8]) -> String {
        let payload = URL_SAFE_NO_PAD.encode(payload);
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(&payload);
        format!("{}.{payload}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    fn told(payload: &Value) -> Result<SignedRequest, SignedRequestProblem> {
        check_with(&[SECRET], &sign(payload.to_string().as_bytes()))
    }

    #[test]
    fn known_requests_are_read() {
        let request = check_with(&[SECRET], KNOWN).unwrap();
        assert_eq!(request.person, "27561000000000001");
        assert_eq!(request.issued_at.map(|at| at.timestamp()), Some(1_790_000_000));
        let request = check_with(&["key"], OTHERS).unwrap();
        assert_eq!((request.person.as_str(), request.issued_at.map(|at| at.timestamp())), ("0", Some(1_624_244_156)));
    }

    #[test]
    fn either_secret_counts_and_no_other() {
        for secrets in [&[SECRET, "other"][..], &["other", SECRET]] {
            assert!(check_with(secrets, KNOWN).is_ok(), "{secrets:?}");
        }
        for secrets in [&["other"][..], &[""], &[]] {
            assert_eq!(check_with(secrets, KNOWN), Err(SignedRequestProblem::Forged), "{secrets:?}");
        }
    }

    #[test]
    fn what_was_changed_is_forged() {
        let (signature, payload) = KNOWN.split_once('.').unwrap();
        let other = URL_SAFE_NO_PAD.encode(json!({"user_id": "1", "algorithm": "HMAC-SHA256"}).to_string());
        for text in [
            format!("{signature}.{other}"),
            format!("{signature}.{payload}e"),
            format!("{}.{payload}", &signature[..40]),
            format!(".{payload}"),
            format!("{signature}."),
        ] {
            assert_eq!(check_with(&[SECRET], &text), Err(SignedRequestProblem::Forged), "{text}");
        }
    }

    #[test]
    fn the_digest_is_the_same_for_every_copy() {
        let digest = |text: &str| check_with(&[SECRET], text).unwrap().digest;
        let (signature, payload) = KNOWN.split_once('.').unwrap();
        assert_eq!(digest(KNOWN), digest(&format!(" {signature}=.{payload}\n")));
        let another = sign(json!({"user_id": "27561000000000001", "algorithm": "HMAC-SHA256"}).to_string().as_bytes());
        assert_ne!(digest(KNOWN), digest(&another));
    }

    #[test]
    fn ids_are_texts_or_numbers_and_the_algorithm_in_any_case() {
        let number = told(&json!({"user_id": 28_978_671_838_402_975_u64, "algorithm": "hmac-sha256"})).unwrap();
        assert_eq!((number.person.as_str(), number.issued_at), ("28978671838402975", None));
        let more = json!({"user_id": "7", "algorithm": "HMAC-SHA256", "issued_at": "1790000000", "expires": 0,
            "oauth_token": "x", "user": {"country": "de"}, "profile_id": "8"});
        let more = told(&more).unwrap();
        assert_eq!((more.person.as_str(), more.issued_at.map(|at| at.timestamp())), ("7", Some(1_790_000_000)));
    }

    #[test]
    fn what_is_signed_must_still_say_what_it_must() {
        let refused = [
            json!({"algorithm": "HMAC-SHA256"}),
            json!({"user_id": "", "algorithm": "HMAC-SHA256"}),
            json!({"user_id": {"id": "7"}, "algorithm": "HMAC-SHA256"}),
            json!({"user_id": "7"}),
            json!({"user_id": "7", "algorithm": "none"}),
            json!(["7"]),
        ];
        for payload in refused {
            assert!(matches!(told(&payload), Err(SignedRequestProblem::Unreadable(_))), "{payload}");
        }
        assert!(matches!(check_with(&[SECRET], &sign(b"{")), Err(SignedRequestProblem::Unreadable(_))));
        for text in ["", "nothing", "%%.e30", "a.b.c"] {
            assert!(check_with(&[SECRET], text).is_err(), "{text}");
        }
    }
}
