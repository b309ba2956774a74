//! Sockets over a real connection, by a client small enough to send what no proper one would.

use crate::domain::clock::ManualClock;
use crate::web::{
    WebState,
    actor::jwt_for_tests::session,
    graphql::socket::places::MOST_STRANGERS,
    tests::{SECRET, state},
};
use std::{net::SocketAddr, sync::Arc};
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
        Self::connect_to(serve(state()).await, headers).await
    }

    async fn connect_to(address: SocketAddr, headers: &str) -> Result<Self, String> {
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
        Self::connect(PROTOCOL).await.expect("upgraded")
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

async fn serve(state: WebState) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(crate::web::serve(listener, crate::web::router(state), std::future::pending()));
    address
}

const PROTOCOL: &str = "sec-websocket-protocol: graphql-transport-ws\r\n";
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
        (&[r#"{"type":"connection_init","payload":[]}"#], 4400),
        (&[r#"{"type":"subscribe","id":"","payload":{"query":"{__typename}"}}"#], 4400),
        (&[r#"{"type":"complete","id":""}"#], 4400),
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
    let refused = |headers: String| async move { Client::connect(&headers).await.err().unwrap_or_default() };
    assert!(refused("sec-websocket-protocol: graphql-ws\r\n".into()).await.contains(" 400 "), "the older protocol");
    assert!(refused(String::new()).await.contains(" 400 "), "none");
    assert!(refused(format!("{PROTOCOL}x-nchat-social-secret: guessed\r\n")).await.contains(" 401 "));
}

/// Whether the person may is not known, so it is not denied: the client comes back.
#[tokio::test]
async fn a_person_who_cannot_be_looked_up_is_asked_to_come_back() {
    let payload = serde_json::json!({
        "x-nchat-social-secret": SECRET,
        "x-hasura-role": "user",
        "x-hasura-user-id": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
    });
    let init = serde_json::json!({"type": "connection_init", "payload": payload}).to_string();
    assert_eq!(Client::open().await.hear_all(&[&init]).await, Sent::Close(1013));
}

#[tokio::test]
async fn strangers_take_only_their_own_places() {
    let address = serve(state()).await;
    let mut strangers = Vec::new();
    for _ in 0..MOST_STRANGERS {
        strangers.push(Client::connect_to(address, PROTOCOL).await.expect("a place"));
    }
    let refused = Client::connect_to(address, PROTOCOL).await.err().unwrap_or_default();
    assert!(refused.contains(" 503 "), "{refused}");
    let proven = format!("{PROTOCOL}authorization: Bearer {}\r\n", session("owner"));
    let mut known = Client::connect_to(address, &proven).await.expect("who is known has a place");
    assert_eq!(known.hear_all(&[INIT]).await, Sent::Text(r#"{"type":"connection_ack"}"#.into()));

    // Who introduces himself leaves his place to the next.
    let init = format!(r#"{{"type":"connection_init","payload":{{"authorization":"Bearer {}"}}}}"#, session("owner"));
    assert_eq!(strangers[0].hear_all(&[&init]).await, Sent::Text(r#"{"type":"connection_ack"}"#.into()));
    Client::connect_to(address, PROTOCOL).await.expect("a place is free");
}

#[tokio::test]
async fn a_stranger_who_asks_nothing_is_sent_away() {
    let mut state = state();
    let clock = Arc::new(ManualClock::at(state.service.clock.now()));
    state.service.clock = clock.clone();
    let address = serve(state).await;
    let mut stranger = Client::connect_to(address, PROTOCOL).await.expect("a place");
    stranger.hear_all(&[INIT]).await;
    let proven = format!("{PROTOCOL}authorization: Bearer {}\r\n", session("owner"));
    let mut known = Client::connect_to(address, &proven).await.expect("a place");
    known.hear_all(&[INIT]).await;
    clock.advance(chrono::Duration::seconds(10));
    assert_eq!(stranger.hear().await, Sent::Close(1000));
    let Sent::Text(next) = known.hear_all(&[ASK]).await else { panic!("closed") };
    assert!(next.contains("__typename"), "{next}");
}
