//! Facebook Login over HTTP: consent, tokens, Pages, accounts.

mod keeping;

use super::*;
use crate::{
    domain::{Identity, TokenSet},
    platforms::{
        AuthorizeRequest, CodeGrant, Revocation,
        instagram::{
            proof::proof,
            token::{Kind, marked},
        },
    },
};
use chrono::DateTime;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::HashMap;

const CALLBACK: &str = "https://chat.example.com/api/social/instagram/callback";
const APP_TOKEN: &str = "9876543210|canary-app-secret";
const ACCOUNT: &str = "17841400000000001";
const PERSON: &str = "122000000000001";

/// What Facebook tells of a token; `granular` names what a permission was granted for.
fn inspected(scopes: &[&str], granular: Value) -> Answer {
    Answer::json(
        200,
        &json!({"data": {
            "app_id": "9876543210", "type": "USER", "application": "Example", "expires_at": 0,
            "data_access_expires_at": 1_796_000_000, "is_valid": true, "scopes": scopes,
            "granular_scopes": granular, "user_id": PERSON,
        }}),
    )
}

fn plain_inspection() -> Answer {
    inspected(&["instagram_basic", "pages_show_list", "pages_read_engagement"], json!([]))
}

fn data_ends_at() -> Timestamp {
    DateTime::from_timestamp(1_796_000_000, 0).unwrap()
}

fn person() -> Answer {
    Answer::json(200, &json!({"id": PERSON, "name": "Ada Example"}))
}

/// Page `n`, with an account linked to it.
fn linked(n: u64) -> Value {
    json!({
        "id": format!("10000{n}"), "name": format!("Page {n}"), "access_token": format!("canary-page-{n}"),
        "tasks": ["MANAGE"],
        "instagram_business_account": {
            "id": format!("1784140000000000{n}"), "username": format!("acme_{n}"), "name": format!("Acme {n}"),
            "profile_picture_url": "https://scontent.cdninstagram.com/a.jpg",
        },
    })
}

fn unlinked(n: u64) -> Value {
    json!({"id": format!("10000{n}"), "name": format!("Page {n}"), "access_token": format!("canary-page-{n}")})
}

/// A page of a list; `after` leads to the next one by way of an address that must not be followed.
fn list(items: &[Value], after: Option<&str>) -> Answer {
    let mut paging = json!({"cursors": {"before": "B", "after": after.unwrap_or("END")}});
    if after.is_some() {
        paging["next"] = "https://elsewhere.example/me/accounts?access_token=canary-user&after=WRONG".into();
    }
    Answer::json(200, &json!({"data": items, "paging": paging}))
}

fn refusal(code: i64, subcode: i64) -> Answer {
    let error = json!({"message": "canary", "type": "OAuthException", "code": code, "error_subcode": subcode});
    Answer::json(400, &json!({ "error": error }))
}

fn pairs(expected: &[(&str, &str)]) -> HashMap<String, String> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn signature(token: &str) -> String {
    proof(&SecretString::from("canary-app-secret"), token)
}

fn user_tokens() -> TokenSet {
    TokenSet {
        access_token: marked(Kind::FacebookUser, "canary-user"),
        access_expires_at: Some(at(60)),
        refresh_token: None,
        refresh_expires_at: Some(at(90)),
        scopes: Some(vec!["instagram_basic".to_owned()]),
    }
}

async fn exchange(code: &str, answers: Vec<Answer>) -> (Result<TokenSet, PlatformError>, Script) {
    let script = Script::serve(answers).await;
    let code = SecretString::from(code);
    let grant = CodeGrant { code: &code, redirect_uri: CALLBACK, pkce_verifier: None, now: at(0) };
    let tokens = through_facebook(&script.base_url).exchange(&grant).await;
    (tokens, script)
}

async fn login(answers: Vec<Answer>) -> (Result<crate::domain::account::Login, PlatformError>, Script) {
    let script = Script::serve(answers).await;
    let access_token = &user_tokens().access_token;
    let request = LoginRequest { access_token, now: at(0), meter: &script.meter };
    let login = through_facebook(&script.base_url).login(&request).await;
    (login, script)
}

#[test]
fn the_dialog_asks_for_what_reading_needs() {
    let request = AuthorizeRequest { state: "s&1", redirect_uri: CALLBACK, pkce_challenge: Some("ignored") };
    let client = through_facebook("https://www.facebook.com");
    assert_eq!(
        client.authorize_url(&request).as_str(),
        "https://www.facebook.com/v26.0/dialog/oauth?client_id=9876543210\
         &redirect_uri=https%3A%2F%2Fchat.example.com%2Fapi%2Fsocial%2Finstagram%2Fcallback\
         &response_type=code&state=s%261\
         &scope=instagram_basic%2Cpages_show_list%2Cpages_read_engagement%2Cbusiness_management"
    );
    let required: Vec<&str> =
        client.spec().scopes.iter().filter(|need| need.required).map(|need| need.scope.as_str()).collect();
    assert_eq!(required, ["instagram_basic", "pages_show_list", "pages_read_engagement"]);
}

#[test]
fn a_configuration_stands_for_the_permissions() {
    let app = FacebookLoginConfig {
        app_id: "1".to_owned(),
        app_secret: SecretString::from("s"),
        config_id: Some("77".to_owned()),
        authorize_url: "https://www.facebook.com/v26.0/dialog/oauth".parse().unwrap(),
        graph_url: "https://graph.facebook.com".parse().unwrap(),
    };
    rustls::crypto::ring::default_provider().install_default().ok();
    let config = InstagramConfig {
        login: InstagramLogin::Facebook(app),
        graph_url: "https://graph.instagram.com".parse().unwrap(),
        facebook: None,
        app_secrets: Vec::new(),
    };
    let client = Instagram::new(config, Outbound::new(Limits::default()).unwrap());
    let request = AuthorizeRequest { state: "s", redirect_uri: CALLBACK, pkce_challenge: None };
    let query: HashMap<String, String> = client.authorize_url(&request).query_pairs().into_owned().collect();
    assert_eq!(query.get("config_id").map(String::as_str), Some("77"));
    assert!(!query.contains_key("scope"));
}

#[tokio::test]
async fn a_code_becomes_the_persons_long_lived_token() {
    let short = Answer::json(200, &json!({"access_token": "canary-short", "token_type": "bearer", "expires_in": 5183}));
    let long =
        Answer::json(200, &json!({"access_token": "canary-long", "token_type": "bearer", "expires_in": 5_184_000}));
    let (tokens, script) = exchange("canary-code#_=_", vec![short, long, plain_inspection()]).await;
    let tokens = tokens.unwrap();
    assert_eq!(tokens.access_token.expose_secret(), marked(Kind::FacebookUser, "canary-long").expose_secret());
    assert_eq!(tokens.access_expires_at, Some(at(0) + Duration::days(60)));
    assert_eq!(tokens.refresh_expires_at, Some(data_ends_at()), "the access to data ends although the token lives");
    assert_eq!(tokens.scopes.unwrap(), ["instagram_basic", "pages_show_list", "pages_read_engagement"]);

    let asked = script.asked();
    let [code, long, inspection] = asked.as_slice() else { panic!("{asked:?}") };
    assert!(asked.iter().all(|call| call.method == "GET" && call.bearer.is_none()), "{asked:?}");
    assert_eq!(code.path, "/facebook/v26.0/oauth/access_token");
    let (id, secret) = (("client_id", "9876543210"), ("client_secret", "canary-app-secret"));
    assert_eq!(code.query, pairs(&[id, ("redirect_uri", CALLBACK), secret, ("code", "canary-code")]));
    assert_eq!(long.path, "/facebook/v26.0/oauth/access_token");
    let grant = ("grant_type", "fb_exchange_token");
    assert_eq!(long.query, pairs(&[grant, id, secret, ("fb_exchange_token", "canary-short")]));
    assert_eq!(inspection.path, "/facebook/v26.0/debug_token");
    let proof = signature(APP_TOKEN);
    let expected = [("input_token", "canary-long"), ("access_token", APP_TOKEN), ("appsecret_proof", &proof)];
    assert_eq!(inspection.query, pairs(&expected));
}

#[tokio::test]
async fn an_answer_without_an_end_is_completed_by_inspection() {
    let token = || Answer::json(200, &json!({"access_token": "canary-x", "token_type": "bearer"}));
    let ends = |expires_at: i64, data: i64| {
        Answer::json(
            200,
            &json!({"data": {"is_valid": true, "expires_at": expires_at, "data_access_expires_at": data}}),
        )
    };
    let (tokens, _) = exchange("c", vec![token(), token(), ends(1_797_000_000, 0)]).await;
    let tokens = tokens.unwrap();
    assert_eq!(tokens.access_expires_at, DateTime::from_timestamp(1_797_000_000, 0));
    assert_eq!((tokens.refresh_expires_at, tokens.scopes), (None, None), "what is not told is not known");
    let (tokens, _) = exchange("c", vec![token(), token(), ends(0, 1_796_000_000)]).await;
    let tokens = tokens.unwrap();
    assert_eq!((tokens.access_expires_at, tokens.refresh_expires_at), (None, Some(data_ends_at())));
}

#[tokio::test]
async fn a_code_that_is_not_taken_says_why() {
    for (code, subcode, word, told) in [
        (100, 36007, "refused", "expired"),
        (100, 36008, "refused", "callback address"),
        (100, 36009, "refused", "used already"),
        (100, 0, "refused", "connect again"),
        (190, 0, "refused", "not valid"),
        (101, 0, "app_rejected", "FACEBOOK_APP_ID"),
        (4, 0, "rate_limited", "too many calls"),
        (2, 0, "upstream", "temporary"),
    ] {
        let (tokens, script) = exchange("canary-code", vec![refusal(code, subcode)]).await;
        let error = tokens.unwrap_err();
        assert_eq!(error.code(), word, "{code}/{subcode}");
        assert!(error.to_string().contains(told), "{error}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        assert_eq!(script.asked().len(), 1);
    }
    let secret = json!({"error": {"message": "Error validating client secret.", "type": "OAuthException", "code": 1}});
    let (tokens, _) = exchange("c", vec![Answer::json(400, &secret)]).await;
    let error = tokens.unwrap_err();
    assert!(error.code() == "app_rejected" && error.to_string().contains("FACEBOOK_APP_SECRET"), "{error}");

    let token = || Answer::json(200, &json!({"access_token": "canary-x"}));
    let dead = Answer::json(200, &json!({"data": {"is_valid": false, "scopes": []}}));
    let (tokens, _) = exchange("c", vec![token(), token(), dead]).await;
    assert_eq!(tokens.unwrap_err().code(), "refused");
}

#[tokio::test]
async fn every_page_of_the_list_is_read_and_every_account_found_once() {
    let first = list(&[unlinked(1), linked(2)], Some("A1"));
    let second = list(&[linked(3), linked(2)], None);
    let (login, script) = login(vec![person(), plain_inspection(), first, second]).await;
    let login = login.unwrap();
    assert_eq!((login.subject.as_str(), login.subject_name.as_str()), (PERSON, "Ada Example"));
    let ids: Vec<&str> = login.identities.iter().map(|identity| identity.remote_id.as_str()).collect();
    assert_eq!(ids, ["17841400000000002", "17841400000000003"]);
    let identity = &login.identities[0];
    assert_eq!(identity.callback_id.as_deref(), Some(PERSON), "Meta's callbacks name the person");
    assert_eq!((identity.profile.name.as_str(), identity.profile.handle.as_deref()), ("Acme 2", Some("acme_2")));
    assert_eq!(identity.profile.url.as_deref(), Some("https://www.instagram.com/acme_2/"));
    assert!(identity.profile.avatar_url.is_some());

    let asked = script.asked();
    assert_eq!(asked[0].path, "/facebook/v26.0/me");
    for call in asked.iter().filter(|call| !call.path.ends_with("debug_token")) {
        assert_eq!(call.bearer.as_deref(), Some("canary-user"), "without our mark: {call:?}");
        assert_eq!(call.query["appsecret_proof"], signature("canary-user"));
        assert!(!call.query.contains_key("access_token"), "no token in the address: {call:?}");
    }
    let lists: Vec<_> = asked.iter().filter(|call| call.path == "/facebook/v26.0/me/accounts").collect();
    assert_eq!(lists.len(), 2);
    assert_eq!(lists[0].query["limit"], "100");
    assert_eq!(
        lists[0].query["fields"],
        "id,name,access_token,instagram_business_account{id,username,name,profile_picture_url}"
    );
    assert_eq!((lists[0].query.get("after"), lists[1].query["after"].as_str()), (None, "A1"));
}

#[tokio::test]
async fn pages_missing_from_the_list_are_asked_for_by_name() {
    let granular = json!([
        {"scope": "pages_show_list", "target_ids": ["100002", "100003"]},
        {"scope": "pages_read_engagement", "target_ids": [100_004, "100003"]},
        {"scope": "instagram_basic", "target_ids": [ACCOUNT]},
        {"scope": "public_profile"},
    ]);
    let scopes = ["instagram_basic", "pages_show_list", "pages_read_engagement"];
    let gone = Answer::json(
        400,
        &json!({"error": {"message": "", "type": "GraphMethodException", "code": 100, "error_subcode": 33}}),
    );
    let single = Answer::json(200, &linked(3));
    let answers = vec![person(), inspected(&scopes, granular), list(&[linked(2)], None), single, gone];
    let (login, script) = login(answers).await;
    let ids: Vec<String> = login.unwrap().identities.into_iter().map(|identity| identity.remote_id).collect();
    assert_eq!(ids, ["17841400000000002", "17841400000000003"], "a page that is closed costs nothing but itself");
    let asked: Vec<String> = script.asked().into_iter().skip(3).map(|call| call.path).collect();
    assert_eq!(asked, ["/facebook/v26.0/100003", "/facebook/v26.0/100004"]);
}

#[tokio::test]
async fn portfolios_are_asked_where_that_is_granted() {
    let scopes = ["instagram_basic", "pages_show_list", "pages_read_engagement", "business_management"];
    let granted = || inspected(&scopes, json!([]));
    let businesses = || list(&[json!({"id": "555"}), json!({"name": "odd"})], None);
    // Page 2 without its token in the plain list, and with it in the portfolio.
    let mut bare = linked(2);
    bare.as_object_mut().unwrap().remove("access_token");
    let answers =
        || vec![list(&[bare.clone()], None), businesses(), list(&[linked(2), linked(3)], None), refusal(200, 0)];
    let mut all = vec![person(), granted()];
    all.extend(answers());
    let (found, script) = login(all).await;
    let found = found.unwrap();
    assert_eq!(found.identities.len(), 2);
    let paths: Vec<String> = script.asked().into_iter().skip(2).map(|call| call.path).collect();
    let expected = ["me/accounts", "me/businesses", "555/owned_pages", "555/client_pages"];
    assert_eq!(paths, expected.map(|path| format!("/facebook/v26.0/{path}")));

    let mut all = vec![granted()];
    all.extend(answers());
    let script = Script::serve(all).await;
    let client = through_facebook(&script.base_url);
    let tokens = client.identity_tokens(&user_tokens(), &found.identities, at(0)).await.unwrap();
    let kept = |id: &str| tokens[id].access_token.expose_secret().to_owned();
    assert_eq!(kept("17841400000000002"), marked(Kind::FacebookPage, "canary-page-2").expose_secret());
    assert_eq!(kept("17841400000000003"), marked(Kind::FacebookPage, "canary-page-3").expose_secret());

    // An outage is no empty list: an account would be missing without anybody knowing why.
    let (failed, _) = login(vec![person(), granted(), list(&[linked(2)], None), refusal(2, 0)]).await;
    assert_eq!(failed.unwrap_err().code(), "upstream");
}

#[tokio::test]
async fn lists_without_end_are_left_after_three_hundred_requests() {
    let scopes = ["instagram_basic", "pages_show_list", "pages_read_engagement", "business_management"];
    let portfolios: Vec<Value> = (0..400).map(|n| json!({ "id": n.to_string() })).collect();
    let mut all = vec![person(), inspected(&scopes, json!([])), list(&[linked(1)], None), list(&portfolios, None)];
    all.resize_with(2 + 300, || list(&[linked(2)], None));
    let (found, script) = login(all).await;
    assert_eq!(found.unwrap().identities.len(), 2, "what was found until then counts");
    assert_eq!(script.asked().len(), 302);
}

#[tokio::test]
async fn a_login_that_opens_no_account_is_told_what_to_do() {
    for (pages, told) in [
        (vec![], "opened no Page"),
        (vec![unlinked(1)], "the one Page that this Facebook login opened has no professional"),
        (vec![unlinked(1), unlinked(2)], "none of the 2 Pages that this Facebook login opened has a professional"),
    ] {
        let (login, _) = login(vec![person(), plain_inspection(), list(&pages, None)]).await;
        let error = login.unwrap_err();
        assert_eq!(error.code(), "refused");
        assert!(error.to_string().contains(told) && error.to_string().contains("connect again"), "{error}");
    }
}

#[tokio::test]
async fn chosen_accounts_get_their_pages_own_tokens() {
    let mut bare = linked(4);
    bare.as_object_mut().unwrap().remove("access_token");
    let pages = [linked(1), linked(2), linked(3), bare];
    let script = Script::serve(vec![plain_inspection(), list(&pages, None)]).await;
    let chosen: Vec<Identity> = [1, 3, 4]
        .map(|n| Identity {
            remote_id: format!("1784140000000000{n}"),
            callback_id: Some(PERSON.to_owned()),
            ..Identity::default()
        })
        .into();
    let client = through_facebook(&script.base_url);
    let tokens = client.identity_tokens(&user_tokens(), &chosen, at(0)).await.unwrap();
    let mut ids: Vec<&str> = tokens.keys().map(String::as_str).collect();
    ids.sort_unstable();
    assert_eq!(ids, [ACCOUNT, "17841400000000003"], "the chosen ones; without a token of its own the login's is used");
    let page = &tokens[ACCOUNT];
    assert_eq!(page.access_token.expose_secret(), marked(Kind::FacebookPage, "canary-page-1").expose_secret());
    assert_eq!((page.access_expires_at, page.refresh_expires_at), (None, Some(data_ends_at())));
    assert_eq!(page.scopes, user_tokens().scopes);
    assert!(!client.spec().refresh.is_due(at(99_999), at(0), page.access_expires_at, false), "never due");

    let nothing = instagram("http://127.0.0.1:9").identity_tokens(&direct_tokens(), &chosen, at(0)).await.unwrap();
    assert!(nothing.is_empty(), "Instagram Login has one token for one account");
}

fn direct_tokens() -> TokenSet {
    TokenSet { access_token: SecretString::from("canary-direct"), ..user_tokens() }
}
