//! A code for tokens.

use super::{graph, oauth, passing, says, token_path};
use crate::app::{
    App,
    world::{arrive, consent, depart, query},
};
use crate::connect::set_up;
use nchat_social::{
    domain::Platform,
    simulator::{Fault, FaultKind},
};
use serde_json::json;

/// What must become of the connection that is being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    /// The person starts again.
    StartAgain,
    /// The operator must look at the app's credentials.
    OurApp,
    /// Nobody is to blame; it works later.
    Later,
    /// It is connected.
    Connected,
}

impl Ends {
    /// The words that say so.
    const fn codes(self) -> &'static [&'static str] {
        match self {
            Self::StartAgain => &["refused", "platform_refused", "token_rejected", "revoked"],
            Self::OurApp => &["app_rejected"],
            Self::Later => &["upstream", "network", "unreadable", "rate_limited"],
            Self::Connected => &[],
        }
    }
}

type Row = (&'static str, FaultKind, Ends);

/// `<https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token>`; the error names as seen in
/// `<https://github.com/better-auth/better-auth/issues/2095>`.
fn of_x() -> Vec<Row> {
    use Ends::{Connected, Later, OurApp, StartAgain};
    let invalid = |description| oauth(400, "invalid_request", description);
    vec![
        ("unknown client id", oauth(400, "invalid_client", "Value passed for the client id was invalid."), OurApp),
        ("wrong secret", oauth(401, "unauthorized_client", "Missing valid authorization header"), OurApp),
        ("code wrong, used or too old", invalid("Value passed for the authorization code was invalid."), StartAgain),
        ("wrong verifier", invalid("Value passed for the code verifier did not match the code challenge."), StartAgain),
        (
            "another redirect URI",
            invalid("Value passed for the redirect uri did not match the uri of the authorization code."),
            StartAgain,
        ),
        ("a parameter is missing", invalid("Missing required parameter [code_verifier]."), StartAgain),
        (
            "unknown grant type",
            invalid(
                "Value passed for the grant type was invalid. Grant type should be one of [authorization_code, \
                 refresh_token].",
            ),
            StartAgain,
        ),
        ("the standard's word", oauth(400, "invalid_grant", "The code is invalid"), StartAgain),
        ("errors in a list", says(503, json!({ "errors": [{ "message": "Over capacity" }] })), Later),
        (
            "scopes in another order",
            FaultKind::Patch(json!({ "scope": "offline.access users.read tweet.read" })),
            Connected,
        ),
        ("no scope at all", FaultKind::Patch(json!({ "scope": null })), Connected),
        ("Bearer with a capital", FaultKind::Patch(json!({ "token_type": "Bearer" })), Connected),
    ]
}

/// `<https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login>`
fn of_instagram() -> Vec<Row> {
    use Ends::{Later, OurApp, StartAgain};
    let refused = |message| says(400, json!({ "error_type": "OAuthException", "code": 400, "error_message": message }));
    vec![
        ("code unknown or used", refused("Matching code was not found or was already used"), StartAgain),
        (
            // Also the answer to a wrong secret: nothing tells one from the other.
            "another redirect URI",
            refused(
                "Error validating verification code. Please make sure your redirect_uri is identical to the one you \
                 used in the OAuth dialog request",
            ),
            StartAgain,
        ),
        ("the Facebook app's id", refused("Invalid platform app"), OurApp),
        ("temporary", graph(500, 2, "An unexpected error has occurred. Please retry your request later."), Later),
    ]
}

/// The second step: a short-lived token for a long-lived one.
fn of_instagram_lengthening() -> Vec<Row> {
    use Ends::{Connected, Later, StartAgain};
    let expired = "Error validating access token: Session has expired on Monday, 01-Dec-25 11:00:00 PST. The current \
                   time is Tuesday, 02-Dec-25 09:00:55 PST.";
    vec![
        ("the short-lived one expired", graph(400, 190, expired), StartAgain),
        ("malformed", graph(400, 190, "Error validating access token: Session key is malformed."), StartAgain),
        ("temporary", graph(500, 2, "An unexpected error has occurred. Please retry your request later."), Later),
        ("unknown", graph(500, 1, "An unknown error has occurred."), Later),
        ("throttled", graph(400, 4, "(#4) Application request limit reached"), Later),
        ("throttled with another status", graph(403, 4, "(#4) Application request limit reached"), Later),
        ("a few seconds less than 60 days", FaultKind::Patch(json!({ "expires_in": 5_183_828 })), Connected),
        ("exactly 60 days", FaultKind::Patch(json!({ "expires_in": 5_184_000 })), Connected),
    ]
}

/// `<https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow>`
fn of_facebook() -> Vec<Row> {
    use Ends::{Connected, Later, StartAgain};
    let refused = |subcode, message| {
        let error = json!({"message": message, "type": "OAuthException", "code": 100, "error_subcode": subcode});
        says(400, json!({ "error": error }))
    };
    vec![
        ("code too old", refused(36_007, "This authorization code has expired."), StartAgain),
        ("another redirect URI", refused(36_008, "Error validating verification code."), StartAgain),
        ("code used", refused(36_009, "This authorization code has been used."), StartAgain),
        ("temporary", graph(500, 2, "An unexpected error has occurred. Please retry your request later."), Later),
        ("throttled", graph(400, 4, "(#4) Application request limit reached"), Later),
        ("no end told", FaultKind::Patch(json!({ "expires_in": null })), Connected),
        ("a long-lived one at once", FaultKind::Patch(json!({ "expires_in": 5_183_999 })), Connected),
    ]
}

/// `<https://learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow>`
fn of_linkedin() -> Vec<Row> {
    use Ends::{Connected, OurApp, StartAgain};
    let mismatch = "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization \
                    code. Or authorization code expired. Or external member binding exists";
    let not_found = "Unable to retrieve access token: authorization code not found";
    let scopes = "r_basicprofile r_organization_social r_organization_social_feed rw_organization_admin";
    vec![
        (
            "a parameter is missing",
            oauth(400, "invalid_request", "A required parameter \"code\" is missing"),
            StartAgain,
        ),
        ("code unknown or used", oauth(400, "invalid_request", not_found), StartAgain),
        ("the same with another status", oauth(401, "invalid_request", not_found), StartAgain),
        ("too old, as documented", oauth(400, "invalid_redirect_uri", mismatch), StartAgain),
        ("too old, as seen", oauth(400, "invalid_request", mismatch), StartAgain),
        ("wrong secret", oauth(401, "invalid_client", "Client authentication failed"), OurApp),
        ("scopes between blanks", FaultKind::Patch(json!({ "scope": scopes })), Connected),
        ("scopes encoded", FaultKind::Patch(json!({ "scope": scopes.replace(' ', "%20") })), Connected),
        ("a token type", FaultKind::Patch(json!({ "token_type": "Bearer" })), Connected),
        (
            "no refresh token",
            FaultKind::Patch(json!({ "refresh_token": null, "refresh_token_expires_in": null })),
            Connected,
        ),
        ("an empty refresh token", FaultKind::Patch(json!({ "refresh_token": "" })), Connected),
        (
            "odd lifetimes of the documents",
            FaultKind::Patch(json!({ "expires_in": 86_400, "refresh_token_expires_in": 525_600 })),
            Connected,
        ),
    ]
}

/// Makes a connection while the endpoint at `path` answers as every row says.
async fn check(platform: Platform, path: &str, rows: Vec<Row>) -> Vec<String> {
    check_on(App::start().await, platform, path, rows).await
}

async fn check_on(app: App, platform: Platform, path: &str, rows: Vec<Row>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (what, kind, ends) in rows {
        app.simulator.fault(Fault::new(platform.as_str(), path, kind)).expect("a fault");
        let (cookie, page) = depart(&app, platform).await;
        let back = consent(&page).await;
        let end = arrive(&app, &back, Some(&cookie)).await;
        app.simulator.clear_faults();

        let code = query(&end, "error");
        let as_expected = match &code {
            None => ends == Ends::Connected,
            Some(code) => ends.codes().contains(&code.as_str()),
        };
        if !as_expected {
            wrong.push(format!("{platform} {path}: {what}: {code:?} instead of {ends:?}"));
        }
        let rows =
            "SELECT status, code, message FROM nchat_social_oauth_sessions ORDER BY xmin::text::bigint DESC LIMIT 1";
        let session = app.chat.value(rows).await[0].clone();
        assert_eq!(session["code"].as_str(), code.as_deref(), "{platform}: {what}: {session:#}");
        let stored = app.chat.count("SELECT count(*) FROM nchat_social_credentials").await;
        assert_eq!(stored == 0, code.is_some(), "{platform}: {what}");
        app.chat.script("DELETE FROM nchat_social_accounts; DELETE FROM nchat_social_credentials").await;
    }
    // After everything that may go wrong it goes right.
    app.connect_one(platform).await;
    wrong
}

fn with_passing(mut rows: Vec<Row>) -> Vec<Row> {
    rows.extend(passing().into_iter().map(|(what, kind)| (what, kind, Ends::Later)));
    rows
}

#[tokio::test]
async fn of_x_become_what_x_means_by_them() {
    let wrong = check(Platform::Twitter, token_path(Platform::Twitter), with_passing(of_x())).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn of_instagram_become_what_instagram_means_by_them() {
    let path = token_path(Platform::Instagram);
    let mut wrong = check(Platform::Instagram, path, with_passing(of_instagram())).await;
    let lengthening = with_passing(of_instagram_lengthening());
    wrong.extend(check(Platform::Instagram, "/graph/access_token", lengthening).await);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn of_linkedin_become_what_linkedin_means_by_them() {
    let wrong = check(Platform::Linkedin, token_path(Platform::Linkedin), with_passing(of_linkedin())).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn of_facebook_become_what_facebook_means_by_them() {
    let mut app = App::start().await;
    set_up(&mut app, &[("INSTAGRAM_LOGIN", "facebook")]);
    let path = "/facebook-graph/v26.0/oauth/access_token";
    let wrong = check_on(app, Platform::Instagram, path, with_passing(of_facebook())).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
