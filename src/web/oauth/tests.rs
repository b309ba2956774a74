//! The two routes without a database.

use crate::web::{
    actor::jwt_for_tests::session,
    tests::{Reply, send},
};

const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

async fn get(uri: &str, headers: &[(&str, &str)]) -> Reply {
    send("GET", uri, headers, "").await
}

#[tokio::test]
async fn strangers_are_sent_to_sign_in() {
    let reply = get("/api/social/instagram/auth", &[]).await;
    assert_eq!((reply.status, reply.json()["error"].as_str()), (401, Some("not_signed_in")));
    let reply = get("/api/social/instagram/auth", &[HTML]).await;
    assert_eq!(reply.status, 302);
    assert_eq!(reply.header("location"), "https://chat.example.com/admin/social?error=not_signed_in");
    assert_eq!(reply.header("set-cookie"), "");
    let fetched = get("/api/social/instagram/auth", &[HTML, ("sec-fetch-mode", "cors")]).await;
    assert_eq!(fetched.status, 401, "a script's fetch is no page");
}

#[tokio::test]
async fn refusals_have_their_words() {
    let bearer = format!("Bearer {}", session("owner"));
    let admin = [("authorization", bearer.as_str())];
    let cases = [
        ("/api/social/twitter/auth", 409, "not_configured"),
        ("/api/social/instagram/auth?return_path=//evil.example", 400, "bad_return_path"),
        ("/api/social/instagram/auth?return_path=", 400, "bad_return_path"),
        ("/api/social/instagram/auth?account_id=", 404, "no_account"),
        ("/api/social/instagram/auth?account_id=1", 404, "no_account"),
        ("/api/social/instagram/auth?ticket=", 400, "bad_ticket"),
        ("/api/social/instagram/auth?ticket=a&ticket=b", 400, "bad_ticket"),
        ("/api/social/twitter/auth?ticket=a", 409, "not_configured"),
    ];
    for (uri, status, code) in cases {
        let reply = get(uri, &admin).await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (status, Some(code)), "{uri}");
    }
    let wrong = get("/api/social/instagram/auth", &[("authorization", "Bearer x.y.z")]).await;
    assert_eq!((wrong.status, wrong.header("www-authenticate")), (401, "Bearer"));
    assert_eq!(send("HEAD", "/api/social/instagram/auth", &admin, "").await.status, 405, "a HEAD begins nothing");
}

#[tokio::test]
async fn without_a_database_the_answer_is_503_and_no_panic() {
    let cookie = format!("nchat-session={}", session("owner"));
    let signed_in = [("cookie", cookie.as_str())];
    let again = "/api/social/instagram/auth?account_id=7c9e6679-7425-40de-944b-e07fc1f90ae7";
    for uri in ["/api/social/instagram/auth", "/api/social/instagram/auth?ticket=abc", again] {
        let reply = get(uri, &signed_in).await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (503, Some("unavailable")), "{uri}");
    }
    let answer = "/api/social/instagram/callback?code=c&state=s";
    let left = [("cookie", "nchat_social_connect=key")];
    let reply = get(answer, &left).await;
    assert_eq!((reply.status, reply.json()["error"].as_str()), (503, Some("unavailable")));
    let reply = get(answer, &[left[0], HTML]).await;
    assert_eq!(reply.header("location"), "https://chat.example.com/admin/social?error=unavailable");
}

#[tokio::test]
async fn an_answer_to_another_browser_is_lost_and_the_cookie_goes() {
    let reply = get("/api/social/instagram/callback?code=c&state=s&error_description=%3Cb%3E", &[]).await;
    assert_eq!(reply.status, 302);
    assert_eq!(reply.header("location"), "https://chat.example.com/admin/social?error=invalid_state");
    let expected = "nchat_social_connect=; Path=/api/social/instagram; HttpOnly; SameSite=Lax; Secure; Max-Age=0";
    assert_eq!(reply.header("set-cookie"), expected);
    assert_eq!((reply.header("referrer-policy"), reply.header("cache-control")), ("no-referrer", "no-store"));
}
