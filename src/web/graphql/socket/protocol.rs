//! The messages of graphql-transport-ws: `<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>`.

use crate::web::graphql::answer::Document;
use async_graphql::{Response as Answer, ServerError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Said {
    ConnectionInit {
        payload: Option<Map<String, Value>>,
    },
    Ping {
        payload: Option<Map<String, Value>>,
    },
    Pong {
        #[serde(rename = "payload")]
        _payload: Option<Map<String, Value>>,
    },
    Subscribe {
        id: String,
        payload: Map<String, Value>,
    },
    Complete {
        id: String,
    },
}

/// What is answered.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Reply<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Map<String, Value>>,
    },
    Next {
        id: &'a str,
        payload: Document<'a>,
    },
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
}

impl Reply<'_> {
    /// The message's text.
    pub(super) fn text(&self) -> String {
        // What came as JSON or left the schema as JSON is JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl<'a> Reply<'a> {
    /// A result of the operation `id`.
    pub(super) fn next(id: &'a str, answer: &'a Answer) -> Self {
        Self::Next { id, payload: answer.into() }
    }
}

/// A code and a word for the last message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct End(pub(super) u16, pub(super) String);

impl End {
    pub(super) fn new(code: u16, reason: impl Into<String>) -> Self {
        Self(code, reason.into())
    }

    /// There is no place or no database: a client should come back. Clients do after 1013, and not after 1011 or 4500.
    pub(super) fn later() -> Self {
        Self::new(1013, "Try again later")
    }

    /// What was said is none of the protocol's messages.
    pub(super) fn nonsense() -> Self {
        Self::new(4400, "Invalid message")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_of_the_protocol_is_read() {
        fn read(text: &str) -> serde_json::Result<Said> {
            serde_json::from_str(text)
        }
        assert!(matches!(read(r#"{"type":"connection_init"}"#), Ok(Said::ConnectionInit { payload: None })));
        assert!(matches!(read(r#"{"type":"ping","payload":{"a":1}}"#), Ok(Said::Ping { payload: Some(_) })));
        assert!(matches!(read(r#"{"type":"ping"}"#), Ok(Said::Ping { payload: None })));
        assert!(matches!(read(r#"{"type":"pong","payload":{}}"#), Ok(Said::Pong { .. })));
        assert!(matches!(read(r#"{"type":"complete","id":"1"}"#), Ok(Said::Complete { .. })));
        assert!(matches!(
            read(r#"{"type":"subscribe","id":"1","payload":{"query":"{a}"}}"#),
            Ok(Said::Subscribe { .. })
        ));
        for text in ["", "7", "[]", "{}", r#"{"type":"dance"}"#, r#"{"type":"subscribe","payload":{}}"#] {
            assert!(read(text).is_err(), "{text}");
        }
        for kind in ["connection_init", "ping", "pong"] {
            for (payload, is_taken) in [("null", true), ("7", false), ("[]", false), (r#""x""#, false), ("true", false)]
            {
                let text = format!(r#"{{"type":"{kind}","payload":{payload}}}"#);
                assert_eq!(read(&text).is_ok(), is_taken, "{text}");
            }
        }
        assert!(read(r#"{"type":"subscribe","id":"1","payload":"{a}"}"#).is_err());
        assert!(read(r#"{"type":"complete","id":7}"#).is_err());
    }

    #[test]
    fn answers_look_as_the_protocol_wants() {
        assert_eq!(Reply::ConnectionAck.text(), r#"{"type":"connection_ack"}"#);
        assert_eq!(Reply::Pong { payload: None }.text(), r#"{"type":"pong"}"#);
        assert_eq!(Reply::Complete { id: "a" }.text(), r#"{"type":"complete","id":"a"}"#);
        let refused = [ServerError::new("no", None)];
        assert_eq!(
            Reply::Error { id: "a", payload: &refused }.text(),
            r#"{"type":"error","id":"a","payload":[{"message":"no"}]}"#
        );
    }
}
