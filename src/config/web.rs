//! What the web server offers, and where people find it.

use super::reader::{Reader, Refused, is_loopback};
use std::net::SocketAddr;
use url::Url;

/// Addresses inside and outside.
#[derive(Clone, Debug)]
pub struct WebConfig {
    /// SOCIAL_LISTEN: where the server listens.
    pub listen: SocketAddr,
    /// NEXT_PUBLIC_APP_URL: nchat as browsers see it. Platforms send people back below it; see [`Self::link`].
    pub app_url: Url,
    /// SOCIAL_GRAPHIQL: offers the explorer at `/graphql`; unless set, only on a loopback address.
    pub graphiql: bool,
}

impl WebConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Refused> {
        let listen = reader.parsed(
            "SOCIAL_LISTEN",
            |text| text.parse::<SocketAddr>().ok(),
            "must be an address and a port, such as 127.0.0.1:8095 or 0.0.0.0:8095",
        );
        let app_url = reader.base_url("NEXT_PUBLIC_APP_URL");
        let graphiql = reader.optional("SOCIAL_GRAPHIQL").and_then(|text| match text.as_deref() {
            None => Ok(None),
            Some("true" | "1" | "yes" | "on") => Ok(Some(true)),
            Some("false" | "0" | "no" | "off") => Ok(Some(false)),
            other => Err(reader.refuse("SOCIAL_GRAPHIQL", other, "must be true or false")),
        });
        let listen = listen?;
        Ok(Self { listen, app_url: app_url?, graphiql: graphiql?.unwrap_or(listen.ip().is_loopback()) })
    }

    /// `path`, which begins with a slash, below the application's address: always the same text, as platforms compare
    /// callbacks letter by letter.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.app_url.as_str().trim_end_matches('/'))
    }

    /// Whether the application is only reachable on this machine.
    pub fn app_is_loopback(&self) -> bool {
        is_loopback(&self.app_url)
    }
}
