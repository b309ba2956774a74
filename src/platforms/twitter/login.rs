//! Who logged in. `<https://docs.x.com/x-api/users/get-my-user>`

use super::{Twitter, cursor::post_number, errors, fetch::billed, profile, wire};
use crate::{
    domain::{Identity, Timestamp, account::Login},
    platforms::{BilledKind, LoginRequest, PlatformError},
};
use chrono::{DateTime, Utc};

impl Twitter {
    /// Reads the user of the token: the one account whose posts it is used for.
    pub(super) async fn read_login(&self, request: &LoginRequest<'_>) -> Result<Login, PlatformError> {
        let mut url = self.endpoint(&["users", "me"]);
        url.query_pairs_mut()
            .append_pair("user.fields", "id,name,username,profile_image_url,protected,created_at,public_metrics");
        request.meter.allow(BilledKind::User, 1, 1).await?;
        let reply = self.http.get(&url, Some(request.access_token), &[]).await?;
        request.meter.note(|reads| reads.requests += 1);
        if !reply.status.is_success() {
            request.meter.answered(Vec::new());
            return Err(errors::refusal(&reply));
        }
        let me: wire::Me = errors::decode(&reply)?;
        let user = me.data.as_ref().filter(|user| post_number(&user.id).is_some());
        request.meter.answered(user.map(|user| billed(BilledKind::User, "me", &user.id)).into_iter().collect());
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
            identities: vec![Identity {
                posts_per_day: posts_per_day(&user, request.now),
                remote_id: user.id,
                callback_id: None,
                profile,
            }],
        })
    }
}

/// Posts, reposts and replies a day since the account was made: X tells no more recent rate for the price of one user.
#[allow(clippy::cast_precision_loss)]
fn posts_per_day(user: &wire::User, now: Timestamp) -> Option<f64> {
    let posts = user.public_metrics.as_ref()?.posts()?;
    let made_at: DateTime<Utc> = user.created_at.as_deref()?.parse().ok()?;
    let hours = (now - made_at).num_hours().max(24);
    Some(posts as f64 * 24.0 / hours as f64)
}

#[cfg(test)]
mod tests {
    use super::super::fake::{FakeX, token};
    use super::*;
    use crate::platforms::{Billed, SocialPlatform};
    use serde_json::json;

    async fn login(x: &FakeX) -> Result<Login, PlatformError> {
        let now = "2026-11-22T12:00:00Z".parse().expect("a time");
        x.client().login(&LoginRequest { access_token: &token(), now, meter: &x.meter }).await
    }

    #[tokio::test]
    async fn the_posting_rate_is_that_of_the_accounts_life() {
        for (created_at, metrics, expected) in [
            (json!("2026-11-12T12:00:00.000Z"), json!({"tweet_count": 50}), Some(5.0)),
            (json!("2026-11-12T12:00:00.000Z"), json!({"post_count": 20, "tweet_count": 50}), Some(2.0)),
            (json!("2026-11-22T11:00:00.000Z"), json!({"tweet_count": 3}), Some(3.0)),
            (json!("2027-01-01T00:00:00.000Z"), json!({"tweet_count": 3}), Some(3.0)),
            (json!("soon"), json!({"tweet_count": 3}), None),
            (json!(null), json!({"tweet_count": 3}), None),
            (json!("2026-11-12T12:00:00.000Z"), json!(null), None),
            (json!("2026-11-12T12:00:00.000Z"), json!({}), None),
        ] {
            let user = json!({"id": "1", "name": "Ada", "username": "ada", "created_at": created_at,
                "public_metrics": metrics});
            let x = FakeX::answering([json!({ "data": user })]).await;
            let rate = login(&x).await.expect("a login").identities[0].posts_per_day;
            assert_eq!(rate, expected, "{created_at} {metrics}");
        }
    }

    #[tokio::test]
    async fn the_user_is_billed_also_when_it_cannot_be_connected() {
        for protected in [true, false] {
            let x = FakeX::answering([json!({"data": {"id": "1", "username": "ada", "protected": protected}})]).await;
            assert_eq!(login(&x).await.is_err(), protected);
            let billed = Billed { kind: BilledKind::User, endpoint: "me", id: "1".into() };
            assert_eq!(x.meter.reads().billed, [billed]);
        }
    }

    #[tokio::test]
    async fn the_user_becomes_the_one_identity() {
        let x = FakeX::answering([json!({"data": {"id": "1700000000000000001", "name": "Ada Example",
            "username": "ada_example", "protected": false,
            "profile_image_url": "https://pbs.twimg.com/profile_images/17/abcd_normal.jpg"}})])
        .await;
        let login = login(&x).await.expect("a login");
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
            let error = login(&x).await.expect_err("no login");
            assert_eq!(error.code(), code, "{body}");
        }
    }
}
