//! Tokens for newer ones.

use super::{graph, oauth, passing, says, token_path};
use crate::app::{App, world::account_of};
use chrono::Duration;
use nchat_social::{
    domain::Platform,
    simulator::{Draft, Fault, FaultKind},
};
use serde_json::json;

/// What must become of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    /// The connection is dead: once confirmed, a person is asked to reconnect.
    Reconnect,
    /// The app's credentials are wrong: nobody is disconnected, the operator must act.
    OurApp,
    /// Our request was wrong, which says nothing about the person's consent: nobody is disconnected.
    OurRequest,
    /// It passes; tokens are kept and the renewal is tried again.
    Passes,
    /// The renewal worked.
    Renewed,
}

type Row = (&'static str, FaultKind, Means);

/// Polls that a row is given, each when the account itself says.
const POLLS: usize = 4;

/// `<https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token>`; what a dead refresh token is answered:
/// `<https://github.com/gptme/gptme-contrib/issues/285>`.
fn of_x() -> Vec<Row> {
    use Means::{OurApp, OurRequest, Passes, Reconnect, Renewed};
    let invalid = |description| oauth(400, "invalid_request", description);
    vec![
        ("token used, revoked, expired", invalid("Value passed for the token was invalid."), Reconnect),
        ("the standard's word", oauth(400, "invalid_grant", "Value passed for the token was invalid."), Reconnect),
        ("wrong secret", oauth(401, "unauthorized_client", "Missing valid authorization header"), OurApp),
        ("unknown client id", oauth(400, "invalid_client", "Value passed for the client id was invalid."), OurApp),
        ("a parameter is missing", invalid("Missing required parameter [refresh_token]."), OurRequest),
        (
            "unknown grant type",
            invalid(
                "Value passed for the grant type was invalid. Grant type should be one of [authorization_code, \
                 refresh_token].",
            ),
            OurRequest,
        ),
        ("errors in a list", says(503, json!({ "errors": [{ "message": "Over capacity" }] })), Passes),
        (
            "scopes in another order",
            FaultKind::Patch(json!({ "scope": "offline.access users.read tweet.read" })),
            Renewed,
        ),
        ("no scope", FaultKind::Patch(json!({ "scope": null })), Renewed),
    ]
}

/// `<https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login>`. Who is
/// told 190 at a renewal is told so at a reading: these rows hold for both.
fn of_instagram() -> Vec<Row> {
    use Means::{Passes, Reconnect, Renewed};
    let expired = "Error validating access token: Session has expired on Monday, 01-Dec-25 11:00:00 PST. The current \
                   time is Tuesday, 02-Dec-25 09:00:55 PST.";
    let password = "Error validating access token: The session has been invalidated because the user changed their \
                    password or Facebook has changed the session for security reasons.";
    let malformed = "Error validating access token: Session key is malformed because of invalid user id";
    let quota = "(#80002) There have been too many calls to this Instagram account. Wait a bit and try again.";
    let transient =
        json!({"error": {"message": "Please retry", "type": "OAuthException", "code": 2, "is_transient": true}});
    vec![
        ("expired", graph(400, 190, expired), Reconnect),
        ("password changed", graph(400, 190, password), Reconnect),
        ("malformed", graph(400, 190, malformed), Reconnect),
        ("expired with another status", graph(401, 190, expired), Reconnect),
        (
            "app removed, with a subcode of zero",
            says(
                400,
                json!({"error": {"message": "The user has not authorized this application.", "type": "OAuthException",
                    "code": 190, "error_subcode": 0}}),
            ),
            Reconnect,
        ),
        ("permission missing", graph(400, 10, "Application does not have permission for this action"), Reconnect),
        ("app limit", graph(400, 4, "(#4) Application request limit reached"), Passes),
        ("app limit with another status", graph(403, 4, "(#4) Application request limit reached"), Passes),
        ("user limit", graph(400, 17, "(#17) User request limit reached"), Passes),
        ("page limit", graph(400, 32, "(#32) Page request limit reached"), Passes),
        ("custom limit", graph(400, 613, "(#613) Calls to this api have exceeded the rate limit."), Passes),
        ("account limit", graph(400, 80002, quota), Passes),
        ("unknown", graph(500, 1, "An unknown error has occurred."), Passes),
        ("temporary", says(400, transient), Passes),
        ("the same token again", FaultKind::Patch(json!({ "permissions": null })), Renewed),
        ("exactly 60 days", FaultKind::Patch(json!({ "expires_in": 5_184_000 })), Renewed),
    ]
}

/// `<https://learn.microsoft.com/linkedin/shared/authentication/programmatic-refresh-tokens>`
fn of_linkedin() -> Vec<Row> {
    use Means::{OurApp, Reconnect, Renewed};
    let dead = "The provided authorization grant or refresh token is invalid, expired or revoked";
    vec![
        ("dead refresh token", oauth(400, "invalid_request", dead), Reconnect),
        ("the standard's word", oauth(400, "invalid_grant", dead), Reconnect),
        ("another refusal", oauth(403, "access_denied", "The member is restricted"), Reconnect),
        ("wrong secret", oauth(401, "invalid_client", "Client authentication failed"), OurApp),
        (
            "scopes between blanks",
            FaultKind::Patch(
                json!({ "scope": "r_organization_social rw_organization_admin r_basicprofile r_organization_social_feed" }),
            ),
            Renewed,
        ),
        (
            "no refresh token: the old one stays",
            FaultKind::Patch(json!({ "refresh_token": null, "refresh_token_expires_in": null })),
            Renewed,
        ),
        ("an empty one: the old one stays", FaultKind::Patch(json!({ "refresh_token": "" })), Renewed),
        (
            "odd lifetimes of the documents",
            FaultKind::Patch(json!({ "expires_in": 86_400, "refresh_token_expires_in": 439_200 })),
            Renewed,
        ),
    ]
}

/// How long until a fresh login must renew: X's and LinkedIn's token is over by then, Instagram's half.
fn until_due(platform: Platform) -> Duration {
    match platform {
        Platform::Twitter => Duration::minutes(125),
        Platform::Instagram => Duration::days(31),
        Platform::Linkedin => Duration::days(60) + Duration::hours(1),
    }
}

/// Renews while the endpoint at `path` answers as every row says.
async fn check(platform: Platform, path: &str, rows: Vec<Row>) {
    let app = App::start().await;
    app.following(platform, json!({})).await;
    let mut wrong = Vec::new();
    for (number, (what, kind, means)) in rows.into_iter().enumerate() {
        app.connect_one(platform).await;
        app.clock.advance(until_due(platform));
        let text = format!("Row {number}");
        let world = app.simulator.world(platform.as_str()).expect("a world");
        world.publish(account_of(platform), Draft::text(&text)).expect("published");
        app.simulator.fault(Fault::new(platform.as_str(), path, kind)).expect("a fault");

        let mut seen = Vec::new();
        let mut now = app.next_poll().await;
        for _ in 1..POLLS {
            seen.push(now.clone());
            now = app.next_poll().await;
        }
        seen.push(now.clone());
        app.simulator.clear_faults();
        let healths: Vec<&str> = seen.iter().filter_map(|account| account["health"].as_str()).collect();
        let asked = healths.contains(&"needs_reconnect");
        let code = now["health_code"].as_str().unwrap_or_default();
        let as_expected = match means {
            // The first refusal may be the platform's slip.
            Means::Reconnect => healths[0] != "needs_reconnect" && healths.ends_with(&["needs_reconnect"]),
            Means::OurApp => !asked && healths.ends_with(&["paused"]) && code == "app_rejected",
            Means::OurRequest => !asked,
            Means::Passes => !asked && code != "app_rejected",
            Means::Renewed => healths.iter().all(|health| *health == "connected"),
        };
        let told = format!("{healths:?} {code}");
        let mut objections = Vec::new();
        if !as_expected {
            objections.push("not so".to_owned());
        }
        // Whatever it was, nobody reconnected, and afterwards all is as if nothing had been.
        if means != Means::Reconnect {
            for _ in 0..POLLS {
                now = app.next_poll().await;
            }
            if now["health"] != "connected" {
                objections.push(format!("it does not go on afterwards: {now}"));
            }
            let posted = app.chat.texts().await.into_iter().filter(|posted| *posted == text).count();
            if posted != 1 {
                objections.push(format!("posted {posted} times"));
            }
        }
        wrong.extend(
            objections.into_iter().map(|sentence| format!("{platform}: {what}: {means:?}, but {sentence}; {told}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn with_passing(mut rows: Vec<Row>) -> Vec<Row> {
    rows.extend(passing().into_iter().map(|(what, kind)| (what, kind, Means::Passes)));
    rows
}

#[tokio::test]
async fn of_x_become_what_x_means_by_them() {
    check(Platform::Twitter, token_path(Platform::Twitter), with_passing(of_x())).await;
}

#[tokio::test]
async fn of_instagram_become_what_instagram_means_by_them() {
    check(Platform::Instagram, "/graph", of_instagram()).await;
    check(Platform::Instagram, "/graph/refresh_access_token", with_passing(Vec::new())).await;
}

#[tokio::test]
async fn of_linkedin_become_what_linkedin_means_by_them() {
    check(Platform::Linkedin, token_path(Platform::Linkedin), with_passing(of_linkedin())).await;
}

/// Wrong secrets, seen from above: every account of the app is hit at once, and none is disconnected.
#[tokio::test]
async fn a_secret_changed_at_the_platform_disconnects_nobody() {
    for platform in [Platform::Twitter, Platform::Linkedin] {
        let app = App::start().await;
        app.following(platform, json!({})).await;
        let world = app.simulator.world(platform.as_str()).expect("a world");
        world.switch("client_secret", "changed").expect("a switch");
        app.clock.advance(until_due(platform));
        let mut now = app.only_account().await;
        for _ in 0..POLLS {
            now = app.next_poll().await;
            assert_ne!(now["health"], "needs_reconnect", "{platform}");
        }
        assert_eq!((&now["health"], &now["health_code"]), (&json!("paused"), &json!("app_rejected")), "{platform}");
        world.switch("client_secret", "known").expect("a switch");
        for _ in 0..POLLS {
            now = app.next_poll().await;
        }
        assert_eq!(now["health"], "connected", "{platform}: {now}");
        assert!(world.grants().iter().all(|grant| grant.alive && grant.spent_uses == 0), "{platform}");
    }
}
