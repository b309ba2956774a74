//! Connected accounts: renewal, readings, and that each stays with its login.

use super::*;
use crate::platforms::Meter;

#[tokio::test]
async fn a_persons_token_is_exchanged_for_a_later_one_and_a_pages_is_not() {
    let long = Answer::json(200, &json!({"access_token": "canary-later", "expires_in": 5_184_000}));
    let script = Script::serve(vec![long, plain_inspection(), refusal(190, 463), refusal(2, 0)]).await;
    let client = through_facebook(&script.base_url);
    let renewed = client.refresh(&user_tokens(), at(0)).await.unwrap();
    assert_eq!(renewed.access_token.expose_secret(), marked(Kind::FacebookUser, "canary-later").expose_secret());
    assert_eq!(renewed.access_expires_at, Some(at(0) + Duration::days(60)));
    assert_eq!(client.refresh(&user_tokens(), at(0)).await.unwrap_err().code(), "revoked");
    assert_eq!(client.refresh(&user_tokens(), at(0)).await.unwrap_err().code(), "upstream");
    assert_eq!(script.asked()[0].query["fb_exchange_token"], "canary-user");

    let page = TokenSet { access_token: marked(Kind::FacebookPage, "canary-page"), ..user_tokens() };
    let error = client.refresh(&page, at(0)).await.unwrap_err();
    assert_eq!(error.code(), "revoked");
    assert!(!format!("{error:?}").contains("canary"));
    assert_eq!(script.asked().len(), 4, "nothing was asked");
}

/// A page with one post.
fn media() -> Answer {
    list(
        &[json!({
            "id": "17900000000000003", "caption": "Hello", "media_type": "IMAGE", "media_product_type": "FEED",
            "media_url": "https://scontent.cdninstagram.com/3.jpg", "permalink": "https://www.instagram.com/p/3/",
            "timestamp": "2026-11-22T11:00:00+0000", "username": "acme_example", "like_count": 3,
        })],
        None,
    )
}

async fn read_with(client: &Instagram, token: &SecretString) -> Result<Fetched, PlatformError> {
    let profile = AccountProfile::default();
    let request = FetchRequest {
        access_token: token,
        remote_id: ACCOUNT,
        profile: &profile,
        cursor: None,
        want: Want::Baseline { newest: 5 },
        exclude_reposts: false,
        exclude_replies: false,
        now: at(0),
        meter: &Meter::default(),
    };
    client.fetch(&request).await
}

#[tokio::test]
async fn an_account_is_read_where_its_token_is_known() {
    let script = Script::serve(vec![media(), media(), media()]).await;
    let client = through_facebook(&script.base_url);
    for token in [
        marked(Kind::FacebookPage, "canary-page"),
        marked(Kind::FacebookUser, "canary-user"),
        // Connected through Instagram Login before the setting changed.
        SecretString::from("canary-direct"),
    ] {
        assert_eq!(read_with(&client, &token).await.unwrap().posts[0].text, "Hello");
    }
    let asked = script.asked();
    let own = format!("/facebook/v26.0/{ACCOUNT}/media");
    let told: Vec<(&str, &str)> =
        asked.iter().map(|call| (call.path.as_str(), call.bearer.as_deref().unwrap_or_default())).collect();
    assert_eq!(told, [(&*own, "canary-page"), (&*own, "canary-user"), ("/graph/v26.0/me/media", "canary-direct")]);
    assert_eq!(asked[0].query["appsecret_proof"], signature("canary-page"));
    assert!(!asked[2].query.contains_key("appsecret_proof"), "Instagram's host does not document it");
}

/// After INSTAGRAM_LOGIN went back to `instagram` and Facebook's app was taken out of the settings.
#[tokio::test]
async fn a_token_of_facebook_never_goes_to_instagram() {
    let script = Script::serve(vec![]).await;
    let client = instagram(&script.base_url);
    let chosen = [];
    for kept in [marked(Kind::FacebookPage, "canary-page"), marked(Kind::FacebookUser, "canary-user")] {
        let tokens = TokenSet { access_token: kept.clone(), ..user_tokens() };
        let errors = [
            read_with(&client, &kept).await.map(|_| ()),
            client.login(&LoginRequest { access_token: &kept, now: at(0), meter: &Meter::default() }).await.map(|_| ()),
            client.identity_tokens(&tokens, &chosen, at(0)).await.map(|_| ()),
            client.refresh(&tokens, at(0)).await.map(|_| ()),
        ];
        for error in errors.into_iter().filter_map(Result::err) {
            let told = error.to_string();
            match error {
                PlatformError::AppRejected { .. } => assert!(told.contains("FACEBOOK_APP_ID"), "{told}"),
                other => assert_eq!(other.code(), "revoked", "a Page's token cannot be renewed anywhere"),
            }
            assert!(!told.contains("canary"), "{told}");
        }
        assert_eq!(read_with(&client, &kept).await.unwrap_err().code(), "app_rejected");
        let Ok(Revocation::ByPerson { where_to }) = client.revoke(&tokens).await else { panic!("by the person") };
        assert!(where_to.contains("facebook.com"));
    }
    assert!(script.asked().is_empty());
}
