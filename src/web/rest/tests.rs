//! The routes without a database.

use crate::web::tests::{ADMIN_TOKEN, SECRET, send};

#[tokio::test]
async fn without_a_database_the_answer_is_503_in_the_routes_own_shape() {
    let bearer = format!("Bearer {ADMIN_TOKEN}");
    let operator = [("authorization", bearer.as_str())];
    let id = "/api/social/accounts?id=6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
    for (method, uri) in [("GET", "/api/social/accounts"), ("DELETE", id)] {
        let reply = send(method, uri, &operator, "").await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (503, Some("unavailable")), "{method}");
        assert_eq!(reply.header("retry-after"), "5");
    }
    let reply = send("POST", "/api/social/poll", &operator, "").await;
    assert_eq!((reply.status, reply.json()["success"].as_bool()), (503, Some(false)));
    let reply = send("GET", "/api/social/poll", &operator, "").await;
    assert_eq!((reply.status, reply.json()["status"].as_str()), (503, Some("unavailable")));
    assert_eq!((&reply.json()["database"], &reply.json()["worker"]["status"]), (&"unavailable".into(), &"ok".into()));
    let reply = send("GET", "/metrics", &operator, "").await;
    assert!(reply.status == 200 && String::from_utf8_lossy(&reply.body).contains("nchat_social_database_up 0"));
}

#[tokio::test]
async fn refusals_come_before_anything_is_read() {
    let hasura = [("x-nchat-social-secret", SECRET), ("x-hasura-role", "admin"), ("content-type", "application/json")];
    for (body, status) in [("{", 400), ("[]", 400), ("null", 400), ("{\"accountId\":1}", 400), ("\u{0}", 400)] {
        let reply = send("POST", "/api/social/poll", &hasura, body).await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (status, Some("bad_request")), "{body:?}");
    }
    let stranger = send("POST", "/api/social/poll", &hasura[2..], "{").await;
    assert_eq!((stranger.status, stranger.json()["success"].as_bool()), (401, Some(false)), "who asks comes first");
    assert_eq!(stranger.header("www-authenticate"), "Bearer");
    for method in ["PUT", "PATCH", "OPTIONS"] {
        let reply = send(method, "/api/social/openapi.json", &[], "").await;
        assert!(reply.status == 405 || method == "OPTIONS", "{method}");
    }
    let reply = send("PUT", "/api/social/accounts", &[], "").await;
    assert_eq!((reply.status, reply.json()["error"].as_str()), (405, Some("method_not_allowed")));
    for method in ["GET", "POST", "DELETE"] {
        assert!(reply.header("allow").contains(method), "{}", reply.header("allow"));
    }
    for method in ["TRACE", "CONNECT", "BREW"] {
        let reply = send(method, "/api/social/accounts", &[], "").await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (405, Some("method_not_allowed")), "{method}");
        assert!(!reply.header("allow").is_empty());
    }
    let document = send("GET", "/api/social/openapi.json", &[], "").await;
    assert_eq!(document.json()["openapi"], "3.1.0");
}
