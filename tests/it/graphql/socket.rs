//! Sockets of people whose rights change while they are open. What of the protocol needs no database is tested beside the
//! code.

use super::http::bearer;
use crate::app::App;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
};

/// A client of RFC 6455 for small messages.
struct Client(BufStream<TcpStream>);

impl Client {
    async fn connect(app: &App) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(nchat_social::web::serve(listener, app.router.clone(), std::future::pending()));
        let mut stream = BufStream::new(TcpStream::connect(address).await.expect("connected"));
        let request = format!(
            "GET /graphql HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("written");
        stream.flush().await.expect("written");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("an answer"));
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
        Self(stream)
    }

    async fn say(&mut self, message: &Value) {
        let text = message.to_string();
        let length = u16::try_from(text.len()).expect("a small message").to_be_bytes();
        // Masked with zeros, which leave it as it is.
        let frame = [&[0x81, 0x80 | 126], length.as_slice(), &[0; 4], text.as_bytes()].concat();
        self.0.write_all(&frame).await.expect("written");
        self.0.flush().await.expect("written");
    }

    /// The next message, or the code of the close.
    async fn hear(&mut self) -> Result<Value, u16> {
        let kind = self.0.read_u8().await.expect("a frame") & 0x0f;
        let length = match self.0.read_u8().await.expect("a length") {
            126 => usize::from(self.0.read_u16().await.expect("a length")),
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).await.expect("a payload");
        match kind {
            1 => Ok(serde_json::from_slice(&payload).expect("JSON")),
            8 => Err(u16::from_be_bytes([payload[0], payload[1]])),
            other => panic!("frame of kind {other}"),
        }
    }

    /// Introduces the workspace's owner.
    async fn as_owner(app: &App) -> Self {
        let mut client = Self::connect(app).await;
        let payload = json!({"headers": {"authorization": bearer(app, "user", Some(app.chat.owner))}});
        client.say(&json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(client.hear().await.expect("an answer")["type"], "connection_ack");
        client
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(&json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
    }
}

const ACCOUNTS: &str = "{ socialAccounts { id } }";
const NEWS: &str = "subscription { socialImportActivity { id } }";

#[tokio::test]
async fn who_is_banned_loses_the_open_socket_with_the_next_operation() {
    let app = App::start().await;
    let mut owner = Client::as_owner(&app).await;
    owner.subscribe("1", ACCOUNTS).await;
    assert_eq!(owner.hear().await.expect("a result")["payload"]["data"], json!({"socialAccounts": []}));
    assert_eq!(owner.hear().await.expect("its end")["type"], "complete");
    app.chat.script("UPDATE nchat_workspace_members SET is_banned = true").await;
    owner.subscribe("2", ACCOUNTS).await;
    assert_eq!(owner.hear().await, Err(4403));
}

#[tokio::test]
async fn who_is_banned_loses_the_running_subscription_within_a_minute() {
    let app = App::start().await;
    let mut owner = Client::as_owner(&app).await;
    owner.subscribe("1", NEWS).await;
    // An answer to something later means that the subscription runs.
    owner.subscribe("2", ACCOUNTS).await;
    assert_eq!(owner.hear().await.expect("a result")["id"], "2");
    assert_eq!(owner.hear().await.expect("its end")["id"], "2");
    app.chat.script("UPDATE nchat_workspace_members SET is_banned = true").await;
    app.clock.advance(chrono::Duration::seconds(61));
    assert_eq!(owner.hear().await, Err(4403));
}
