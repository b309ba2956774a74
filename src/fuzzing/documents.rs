//! GraphQL: bodies, documents, and the messages of a socket.

use super::{doors::send, wait, world};
use crate::web::fuzzing::converse;
use serde_json::{Value, json};

/// As the body of a request without any proof.
pub fn body(input: &[u8]) {
    answered(send("POST", "/graphql", &[("content-type", "application/json")], input.to_vec()));
}

/// As the document of an administrator who asks through Hasura.
pub fn document(input: &[u8]) {
    let headers = [
        ("content-type", "application/json"),
        ("x-nchat-social-secret", world::SHARED_SECRET),
        ("x-hasura-role", "admin"),
    ];
    let body = json!({ "query": super::text(input) }).to_string();
    answered(send("POST", "/graphql", &headers, body.into_bytes()));
}

/// An answer is a GraphQL result.
fn answered(sent: Option<(u16, Vec<u8>)>) {
    let (_, body) = sent.expect("a request");
    let answer: Value = serde_json::from_slice(&body).expect("answers are JSON");
    assert!(answer.get("data").is_some() || answer["errors"].is_array(), "{answer}");
}

/// Each line is a message on a socket.
pub fn socket(input: &[u8]) {
    let messages = input.split(|byte| *byte == b'\n').take(64);
    for said in wait(converse(world::state().clone(), messages)) {
        let message: Value = serde_json::from_str(&said).expect("what is said is JSON");
        match message["close"].as_u64() {
            // The protocol's own codes, or that it should come back. A close frame has room for 123 bytes.
            Some(code) => {
                assert!((4000..5000).contains(&code) || code == 1013, "{said}");
                assert!(message["reason"].as_str().is_some_and(|reason| reason.len() <= 123), "{said}");
            }
            None => assert!(message["type"].is_string(), "{said}"),
        }
    }
}
