//! Requests to a Graph host: Instagram's own or Facebook's.

use super::{errors::Refusal, flavour::Flavour, proof::proof};
use crate::{
    domain::Timestamp,
    outbound::{Outbound, OutboundError, Reply},
    platforms::PlatformError,
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// Written into every address but those of Instagram's own token endpoints, which have no version. Released 2026-07-29, usable for two
/// years at least: `<https://developers.facebook.com/docs/graph-api/changelog>`.
pub(super) const VERSION: &str = "v26.0";

/// A Graph host.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    http: Outbound,
    base: Url,
    /// Whose host it is.
    pub(super) flavour: &'static Flavour,
    /// The app's secret, where calls are signed with it.
    signs_with: Option<SecretString>,
}

impl Graph {
    pub(super) fn new(http: Outbound, base: Url, flavour: &'static Flavour, signs_with: Option<SecretString>) -> Self {
        Self { http, base, flavour, signs_with }
    }

    /// The HTTP client, for the one endpoint that lives on another host.
    pub(super) fn http(&self) -> &Outbound {
        &self.http
    }

    /// `path` below the base address, which may have a path and a slash at its end.
    fn address(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        // Only addresses such as `data:` cannot be extended; the settings let http and https through.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url.query_pairs_mut().extend_pairs(query);
        url
    }

    /// Reads a node or an edge. The token travels in the Authorization header, where no log line finds it.
    ///
    /// # Errors
    /// Only when there is no answer: what the answer says is [`Refusal::of`]'s to judge.
    pub(super) async fn read(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        access_token: &SecretString,
    ) -> Result<Reply, OutboundError> {
        let versioned: Vec<&str> = std::iter::once(VERSION).chain(path.iter().copied()).collect();
        let proof = self.signs_with.as_ref().map(|secret| proof(secret, access_token.expose_secret()));
        let mut query = query.to_vec();
        query.extend(proof.as_deref().map(|proof| ("appsecret_proof", proof)));
        self.http.get(&self.address(&versioned, &query), Some(access_token), &[]).await
    }

    /// Calls a token endpoint. These take their secrets in the query and nowhere else; neither the address nor the
    /// body gets into an error.
    pub(super) async fn token(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        now: Option<Timestamp>,
    ) -> Result<Reply, PlatformError> {
        let reply = self.ask(path, query).await?;
        match Refusal::of(&reply) {
            None => Ok(reply),
            Some(refusal) => Err(refusal.into_error(self.flavour, now)),
        }
    }

    /// The same, for who looks at refusals himself.
    pub(super) async fn ask(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Reply, OutboundError> {
        self.http.get(&self.address(path, query), None, &[]).await
    }
}

/// The version that answered, if it is not the one asked for: Meta serves an expired version as the oldest living one
/// without a word. `<https://developers.facebook.com/docs/graph-api/guides/versioning>`
pub(super) fn other_version(reply: &Reply) -> Option<String> {
    let version = reply.header("facebook-api-version")?;
    let plausible = version.len() <= 8 && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    (plausible && version != VERSION).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::SETTINGS, outbound::Limits, platforms::instagram::flavour::INSTAGRAM};
    use http::{HeaderMap, HeaderValue, StatusCode};

    fn graph(base: &str) -> Graph {
        rustls::crypto::ring::default_provider().install_default().ok();
        Graph::new(Outbound::new(Limits::default()).unwrap(), base.parse().unwrap(), &INSTAGRAM, None)
    }

    #[test]
    fn addresses_keep_the_base_path() {
        for (base, expected) in [
            ("https://graph.instagram.com", "https://graph.instagram.com/v26.0/me?fields=id%2Cusername"),
            ("https://graph.instagram.com/", "https://graph.instagram.com/v26.0/me?fields=id%2Cusername"),
            ("http://127.0.0.1:8096/instagram", "http://127.0.0.1:8096/instagram/v26.0/me?fields=id%2Cusername"),
            ("http://127.0.0.1:8096/instagram/", "http://127.0.0.1:8096/instagram/v26.0/me?fields=id%2Cusername"),
        ] {
            assert_eq!(graph(base).address(&["v26.0", "me"], &[("fields", "id,username")]).as_str(), expected);
        }
    }

    #[test]
    fn a_silent_change_of_version_is_noticed() {
        let answered = |version: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(version) = version {
                headers.insert("facebook-api-version", HeaderValue::from_static(version));
            }
            other_version(&Reply { status: StatusCode::OK, headers, body: Vec::new() })
        };
        assert_eq!(answered(Some("v21.0")), Some("v21.0".to_owned()));
        assert_eq!(answered(Some("v26.0")), None);
        assert_eq!(answered(Some("<b>not a version</b>")), None);
        assert_eq!(answered(None), None);
    }

    #[test]
    fn facebooks_dialog_has_the_same_version() {
        let dialog = SETTINGS.iter().find(|setting| setting.name == "FACEBOOK_AUTHORIZE_URL").unwrap();
        assert_eq!(dialog.default, Some(format!("https://www.facebook.com/{VERSION}/dialog/oauth").as_str()));
    }
}
