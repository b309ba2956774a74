//! Who logged in.
//! `<https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/get-started>`

use super::{ask::Ask, graph::Graph, map, wire};
use crate::{
    domain::{AccountProfile, Identity, account::Login},
    platforms::PlatformError,
};
use secrecy::SecretString;

const FIELDS: [&str; 5] = ["user_id", "username", "name", "account_type", "profile_picture_url"];

/// One login is one account.
pub(super) async fn login(graph: &Graph, access_token: &SecretString) -> Result<Login, PlatformError> {
    let reply = Ask::new(&["me"], &FIELDS).put(graph, access_token, None, None).await?;
    identify(wire::object(&reply.body)?)
}

fn identify(me: wire::Me) -> Result<Login, PlatformError> {
    // Written in capitals by the service, in mixed case by its documents.
    if let Some(kind) = &me.account_type
        && !["BUSINESS", "MEDIA_CREATOR"].iter().any(|professional| kind.eq_ignore_ascii_case(professional))
    {
        let detail = "this is a personal Instagram account, and those cannot be read by apps: switch it to a \
                      Business or Creator account in Instagram's settings, then connect again";
        return Err(PlatformError::Refused { detail: detail.to_owned() });
    }
    let Some(remote_id) = me.user_id else {
        return Err(wire::missing("user_id", "the answer does not name the professional account"));
    };
    let profile = profile(&remote_id, me.username, me.name, me.profile_picture_url.as_deref());
    Ok(Login {
        subject: remote_id.clone(),
        subject_name: profile.name.clone(),
        identities: vec![Identity { remote_id, callback_id: me.id, profile, ..Identity::default() }],
    })
}

/// How an account presents itself.
pub(super) fn profile(
    remote_id: &str,
    username: Option<String>,
    name: Option<String>,
    picture: Option<&str>,
) -> AccountProfile {
    let handle = username.filter(|name| map::is_handle(name));
    let name = name.filter(|name| !name.trim().is_empty()).or_else(|| handle.clone());
    AccountProfile {
        name: name.unwrap_or_else(|| format!("Instagram account {remote_id}")),
        url: handle.as_deref().map(map::profile_url),
        handle,
        avatar_url: picture.and_then(map::https),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn login(answer: &Value) -> Result<Login, PlatformError> {
        identify(wire::object(answer.to_string().as_bytes())?)
    }

    #[test]
    fn reads_the_flat_and_the_wrapped_form() {
        let flat =
            identify(wire::object(include_bytes!("../../../tests/fixtures/instagram/me-flat.json")).unwrap()).unwrap();
        assert_eq!(flat.subject, "17841400000000001");
        assert_eq!(flat.subject_name, "Acme Example");
        let [identity] = flat.identities.as_slice() else { panic!("one login is one account") };
        assert_eq!(identity.remote_id, "17841400000000001");
        assert_eq!(identity.callback_id.as_deref(), Some("27561000000000001"));
        assert_eq!(identity.profile.handle.as_deref(), Some("acme_example"));
        assert_eq!(identity.profile.url.as_deref(), Some("https://www.instagram.com/acme_example/"));
        assert!(identity.profile.avatar_url.as_deref().unwrap().starts_with("https://scontent-"));

        let wrapped =
            identify(wire::object(include_bytes!("../../../tests/fixtures/instagram/me-wrapped.json")).unwrap())
                .unwrap();
        assert_eq!(wrapped.subject, flat.subject);
        assert_eq!(wrapped.subject_name, "acme_example");
        assert_eq!(wrapped.identities[0].callback_id, identity.callback_id);
    }

    #[test]
    fn long_numeric_ids_keep_every_digit() {
        let login = login(&json!({"user_id": 17_841_499_999_999_999_u64, "id": 28_978_671_838_402_975_u64})).unwrap();
        assert_eq!(login.subject, "17841499999999999");
        assert_eq!(login.identities[0].callback_id.as_deref(), Some("28978671838402975"));
        assert_eq!(login.subject_name, "Instagram account 17841499999999999");
    }

    #[test]
    fn only_professional_accounts_connect() {
        for kind in ["BUSINESS", "Business", "MEDIA_CREATOR", "Media_Creator"] {
            assert!(login(&json!({"user_id": "1", "account_type": kind})).is_ok(), "{kind}");
        }
        let refused = login(&json!({"user_id": "1", "account_type": "PERSONAL"})).unwrap_err();
        assert_eq!(refused.code(), "refused");
        assert!(refused.to_string().contains("Business or Creator"));
    }

    #[test]
    fn without_the_professional_id_there_is_no_identity() {
        let PlatformError::Unreadable { at, .. } = login(&json!({"id": "27561000000000001"})).unwrap_err() else {
            panic!("not unreadable")
        };
        assert_eq!(at, "user_id");
        assert_eq!(login(&json!({"user_id": 1.5})).unwrap_err().code(), "unreadable");
        assert_eq!(login(&json!(["me"])).unwrap_err().code(), "unreadable");
    }

    #[test]
    fn addresses_that_are_not_https_are_dropped() {
        let login =
            login(&json!({"user_id": "1", "profile_picture_url": "http://cdn.example/1.jpg", "username": "a/b"}));
        let profile = login.unwrap().identities.remove(0).profile;
        assert_eq!((profile.avatar_url, profile.handle, profile.url), (None, None, None));
    }
}
