//! Sockets over a real connection, by a client small enough to send what no proper one would.

use crate::web::{
    actor::jwt_for_tests::session,
    tests::{SECRET, state},
};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
};

/// A client of the WebSocket framing, RFC 6455 §5; messages below 64 kB.
struct Client(BufStream<TcpStream>);

/// What the server sent.
#[derive(Debug, PartialEq, Eq)]
enum Sent {
    Text(String),
    Close(u16),
}

impl Client {
    /// Shakes hands with a server of its own; the status line when it refuses.
    async fn connect(headers: &str) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address: SocketAddr = listener.local_addr().expect("an address");
        tokio::spawn(crate::web::serve(listener, crate::web::router(state()), std::future::pending()));
        let mut stream = BufStream::new(TcpStream::connect(address).await.expect("connected"));
        let request = format!(
            "GET /graphql HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("written");
        stream.flush().await.expect("written");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("an answer"));
        }
        let head = String::from_utf8(head).expect("text");
        let status = head.lines().next().unwrap_or_default().to_owned();
        if status.contains(" 101 ") { Ok(Self(stream)) } else { Err(status) }
    }

    async fn open() -> Self {
        Self::connect("sec-websocket-protocol: graphql-transport-ws\r\n").await.expect("upgraded")
    }

    async fn say(&mut self, text: &str) {
        let length = u16::try_from(text.len()).expect("a small message").to_be_bytes();
        // Text, final; masked with zeros, which leave it as it is.
        let frame = [&[0x81, 0x80 | 126], length.as_slice(), &[0; 4], text.as_bytes()].concat();
        self.0.write_all(&frame).await.expect("written");
        self.0.flush().await.expect("written");
    }

    async fn hear(&mut self) -> Sent {
        let kind = self.0.read_u8().await.expect("a frame") & 0x0f;
        let length = match self.0.read_u8().await.expect("a length") {
            126 => usize::from(self.0.read_u16().await.expect("a length")),
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).await.expect("a payload");
        match kind {
            1 => Sent::Text(String::from_utf8(payload).expect("text")),
            8 => Sent::Close(u16::from_be_bytes([payload[0], payload[1]])),
            other => panic!("frame of kind {other}"),
        }
    }

    async fn hear_all(&mut self, messages: &[&str]) -> Sent {
        for message in messages {
            self.say(message).await;
        }
        self.hear().await
    }
}

const ASK: &str = r#"{"type":"subscribe","id":"1","payload":{"query":"{__typename}"}}"#;
const INIT: &str = r#"{"type":"connection_init"}"#;

#[tokio::test]
async fn an_operation_is_answered_and_completed() {
    let token = session("owner");
    let payloads = [
        "{}".to_owned(),
        format!(r#"{{"headers":{{"authorization":"Bearer {token}"}}}}"#),
        format!(r#"{{"Authorization":"Bearer {token}"}}"#),
        format!(r#"{{"x-nchat-social-secret":"{SECRET}"}}"#),
        r#"{"headers":{"authorization":""}}"#.to_owned(),
    ];
    for payload in payloads {
        let mut client = Client::open().await;
        let init = format!(r#"{{"type":"connection_init","payload":{payload}}}"#);
        assert_eq!(client.hear_all(&[&init]).await, Sent::Text(r#"{"type":"connection_ack"}"#.into()), "{payload}");
        let Sent::Text(next) = client.hear_all(&[ASK]).await else { panic!("closed: {payload}") };
        assert!(next.contains(r#""type":"next""#) && next.contains("__typename") && !next.contains("errors"), "{next}");
        assert_eq!(client.hear().await, Sent::Text(r#"{"type":"complete","id":"1"}"#.into()));
    }
}

#[tokio::test]
async fn a_deep_operation_is_refused_and_the_socket_lives() {
    let mut client = Client::open().await;
    client.hear_all(&[INIT]).await;
    let deep = format!("{{a(b: {}{})}}", "[".repeat(800), "]".repeat(800));
    let deep = serde_json::json!({ "type": "subscribe", "id": "1", "payload": { "query": deep } }).to_string();
    let Sent::Text(next) = client.hear_all(&[&deep]).await else { panic!("closed") };
    assert!(next.contains("nested too deeply") && next.contains(r#""type":"error""#), "{next}");
    let Sent::Text(next) = client.hear_all(&[ASK]).await else { panic!("closed") };
    assert!(next.contains("__typename"), "{next}");
}

#[tokio::test]
async fn a_socket_ends_with_the_protocols_codes() {
    let wrong = r#"{"type":"connection_init","payload":{"authorization":"Bearer x.y.z"}}"#;
    let cases: &[(&[&str], u16)] = &[
        (&["hello"], 4400),
        (&[r#"{"type":"dance"}"#], 4400),
        (&[ASK], 4401),
        (&[wrong], 4403),
        (&[r#"{"type":"connection_init","payload":{"x-nchat-social-secret":"guessed"}}"#], 4403),
    ];
    for (messages, code) in cases {
        assert_eq!(Client::open().await.hear_all(messages).await, Sent::Close(*code), "{messages:?}");
    }
    let mut client = Client::open().await;
    client.hear_all(&[INIT]).await;
    assert_eq!(client.hear_all(&[INIT]).await, Sent::Close(4429), "two introductions");
}

#[tokio::test]
async fn what_the_handshake_presents_wrongly_is_refused_at_the_door() {
    let protocol = "sec-websocket-protocol: graphql-transport-ws\r\n";
    let refused = |headers: String| async move { Client::connect(&headers).await.err().unwrap_or_default() };
    assert!(refused("sec-websocket-protocol: graphql-ws\r\n".into()).await.contains(" 400 "), "the older protocol");
    assert!(refused(String::new()).await.contains(" 400 "), "none");
    assert!(refused(format!("{protocol}x-nchat-social-secret: guessed\r\n")).await.contains(" 401 "));
}
