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
    /// SOCIAL_CORS_ORIGINS: pages of these origins may call with a token of their own; never with cookies.
    pub cors_origins: Vec<String>,
    /// SOCIAL_METRICS_LISTEN: where metrics are shown without proof; `None`: nowhere.
    pub metrics_listen: Option<SocketAddr>,
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
        let cors_origins = reader.optional("SOCIAL_CORS_ORIGINS").and_then(|text| origins(reader, text.as_deref()));
        let metrics_listen = reader.optional("SOCIAL_METRICS_LISTEN").and_then(|text| match text {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| {
                let advice = "must be an address and a port, such as 127.0.0.1:9464";
                reader.refuse("SOCIAL_METRICS_LISTEN", Some(&text), advice)
            }),
        });
        let listen = listen?;
        Ok(Self {
            listen,
            app_url: app_url?,
            graphiql: graphiql?.unwrap_or(listen.ip().is_loopback()),
            cors_origins: cors_origins?,
            metrics_listen: metrics_listen?,
        })
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

/// Origins exactly as browsers send them (RFC 6454 §6.1): scheme, host, port where it is not the scheme's own.
fn origins(reader: &mut Reader<'_>, text: Option<&str>) -> Result<Vec<String>, Refused> {
    let parts = text.unwrap_or_default().split([',', ' ', '\t', '\n']).filter(|part| !part.is_empty());
    let mut origins = Vec::new();
    for part in parts {
        let is_origin = !part.contains('*')
            && Url::parse(part).is_ok_and(|url| {
                matches!(url.scheme(), "https" | "http") && url.origin().ascii_serialization() == part
            });
        if !is_origin {
            let advice = "must list origins such as https://chat.example.com, each without a path; * is not one";
            return Err(reader.refuse("SOCIAL_CORS_ORIGINS", Some(part).filter(|part| !part.contains('@')), advice));
        }
        origins.push(part.to_owned());
    }
    Ok(origins)
}
