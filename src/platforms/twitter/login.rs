//! Who logged in. `<https://docs.x.com/x-api/users/get-my-user>`

use super::{Twitter, cursor::post_number, errors, profile, wire};
use crate::{
    domain::{Identity, account::Login},
    platforms::PlatformError,
};
use secrecy::SecretString;

impl Twitter {
    /// Reads the user of the token: the one account whose posts it is used for.
    pub(super) async fn read_login(&self, access_token: &SecretString) -> Result<Login, PlatformError> {
        let mut url = self.endpoint(&["users", "me"]);
        url.query_pairs_mut().append_pair("user.fields", "id,name,username,profile_image_url,protected");
        let reply = self.http.get(&url, Some(access_token), &[]).await?;
        if !reply.status.is_success() {
            return Err(errors::refusal(&reply));
        }
        let me: wire::Me = errors::decode(&reply)?;
        let Some(user) = me.data else { return Err(errors::nothing_shown(&me.errors)) };
        if post_number(&user.id).is_none() {
            return Err(PlatformError::Unreadable { at: "data.id".to_owned(), detail: "not a user id".to_owned() });
        }
        // Its posts are for its followers; a channel is read by others.
        // `<https://docs.x.com/developer-terms/policy>`
        if user.protected == Some(true) {
            return Err(PlatformError::Refused {
                detail: "this is a protected account: its posts are for approved followers only and cannot be imported"
                    .to_owned(),
            });
        }
        let profile = profile::author(&user);
        Ok(Login {
            subject: user.id.clone(),
            subject_name: profile.name.clone(),
            identities: vec![Identity { remote_id: user.id, callback_id: None, profile }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::{FakeX, token};
    use crate::platforms::SocialPlatform;
    use serde_json::json;

    #[tokio::test]
    async fn the_user_becomes_the_one_identity() {
        let x = FakeX::answering([json!({"data": {"id": "1700000000000000001", "name": "Ada Example",
            "username": "ada_example", "protected": false,
            "profile_image_url": "https://pbs.twimg.com/profile_images/17/abcd_normal.jpg"}})])
        .await;
        let login = x.client().login(&token()).await.expect("a login");
        assert_eq!((login.subject.as_str(), login.subject_name.as_str()), ("1700000000000000001", "Ada Example"));
        let [identity] = login.identities.as_slice() else { panic!("one identity") };
        assert_eq!(identity.remote_id, "1700000000000000001");
        assert_eq!(identity.profile.handle.as_deref(), Some("ada_example"));
        assert_eq!(identity.profile.url.as_deref(), Some("https://x.com/ada_example"));
        let avatar = "https://pbs.twimg.com/profile_images/17/abcd_400x400.jpg";
        assert_eq!(identity.profile.avatar_url.as_deref(), Some(avatar));
        let [seen] = &x.seen()[..] else { panic!("one request") };
        assert_eq!(seen.path, "/2/users/me");
        assert_eq!(seen.header("authorization"), Some("Bearer at-canary"));
    }

    #[tokio::test]
    async fn a_login_that_cannot_be_used_says_why() {
        let problem = |kind: &str| json!({"errors": [{"type": format!("https://api.x.com/2/problems/{kind}")}]});
        for (body, code) in [
            (json!({"data": {"id": "1", "name": "Ada", "username": "ada", "protected": true}}), "refused"),
            (problem("resource-not-found"), "account_gone"),
            (problem("internal-error"), "upstream"),
            (json!({"data": {"id": "ada", "name": "Ada"}}), "unreadable"),
            (json!({}), "unreadable"),
            (json!("surprise"), "unreadable"),
        ] {
            let x = FakeX::answering([body.clone()]).await;
            let error = x.client().login(&token()).await.expect_err("no login");
            assert_eq!(error.code(), code, "{body}");
        }
    }
}
