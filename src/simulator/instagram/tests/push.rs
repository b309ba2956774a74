//! Signed requests, pushed to a service.

use super::*;
use crate::simulator::Push;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn payload(form: &str) -> Value {
    let signed = form.strip_prefix("signed_request=").expect("one field");
    let (_, payload) = signed.split_once('.').expect("signature and payload");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON")
}

fn push(kind: &str, login: Option<&str>) -> Push {
    Push { account: FIRST.into(), kind: kind.into(), login: login.map(str::to_owned), secret: None }
}

#[tokio::test]
async fn the_person_is_named_by_the_id_that_the_login_knows() {
    let meta = Meta::new();
    let token = meta.login(FIRST).await;
    let me = meta.instagram("v26.0/me", &[("access_token", &token), ("fields", "user_id")]).await;
    let told = payload(&meta.world.push(&push("deauthorize", None)).expect("written"));
    assert_eq!(told["user_id"], me.body["id"], "the app-scoped id");
    assert_eq!((&told["algorithm"], &told["issued_at"]), (&json!("HMAC-SHA256"), &json!(1_795_348_800)));
    let refused = meta.instagram("v26.0/me", &[("access_token", &token)]).await;
    assert_eq!(refused.error().1, 190, "who removed the app has ended its tokens");

    let told = payload(&meta.world.push(&push("data_deletion", Some("facebook"))).expect("written"));
    assert_eq!((&told["user_id"], told["expires"].is_i64()), (&json!("122000000000001"), true));
    for wrong in [push("deauthorise", None), push("deauthorize", Some("threads"))] {
        assert!(meta.world.push(&wrong).is_err());
    }
    let strong = Push { secret: Some("guess".into()), ..push("deauthorize", None) };
    assert_ne!(meta.world.push(&strong), meta.world.push(&push("deauthorize", None)), "another secret signs otherwise");
}

#[tokio::test]
async fn a_push_is_posted_to_this_machine_and_nowhere_else() {
    let meta = Meta::new();
    let simulator = Simulator::new(meta.world.shared.clone(), vec![meta.world.clone()]);
    let service = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = service.local_addr().expect("an address");
    let answered = tokio::spawn(async move {
        let (mut stream, _) = service.accept().await.expect("a connection");
        let mut request = String::new();
        while !request.contains("signed_request=") {
            let mut part = [0; 4096];
            let read = stream.read(&mut part).await.expect("a request");
            request.push_str(&String::from_utf8_lossy(&part[..read]));
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.expect("answered");
        request
    });
    let url = format!("http://{address}/api/social/instagram/deauthorize?x=1").parse().expect("a URL");
    let pushed = simulator.push("instagram", &push("deauthorize", None), &url).await.expect("answered");
    assert_eq!((pushed.status, pushed.body.as_str()), (200, "{}"));
    let request = answered.await.expect("no panic");
    assert!(request.starts_with("POST /api/social/instagram/deauthorize?x=1 HTTP/1.0\r\n"), "{request}");
    assert!(request.contains("content-type: application/x-www-form-urlencoded"));
    for elsewhere in ["http://192.0.2.1/", "https://127.0.0.1/", "http://chat.example.com/"] {
        let url = elsewhere.parse().expect("a URL");
        assert!(simulator.push("instagram", &push("deauthorize", None), &url).await.is_err(), "{elsewhere}");
    }
}
