//! The only HTTP client: time-outs, a cap on answers, no redirects, one user agent.

#[cfg(any(test, fuzzing))]
mod script;

#[cfg(any(test, fuzzing))]
pub use script::Script;

use http::{HeaderMap, Request, StatusCode};
use std::time::Duration;

/// Answers larger than this are refused; a page of 100 posts is below 1 MB.
pub const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// Sends requests to platforms. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Outbound {
    client: reqwest::Client,
    #[cfg(any(test, fuzzing))]
    script: Option<Script>,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most [`MAX_BODY_BYTES`].
    pub body: Vec<u8>,
}

impl Reply {
    /// A header's value as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why there is no answer. Carries neither address nor body: both can hold secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// No connection: name, route, TLS or refusal.
    #[error("no connection")]
    Connect,
    /// No full answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection ended in the middle of the answer.
    #[error("the connection ended in the middle of the answer")]
    Cut,
    /// The answer is larger than [`MAX_BODY_BYTES`].
    #[error("the answer is larger than {} MB", MAX_BODY_BYTES / 1024 / 1024)]
    TooLarge,
    /// The request could not be built.
    #[error("the request could not be built")]
    Invalid,
}

/// How long an exchange may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until connected.
    pub connect: Duration,
    /// From start to the last byte of the answer.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(20) }
    }
}

impl Outbound {
    /// A client with `limits`.
    ///
    /// # Errors
    /// When the TLS roots of the machine cannot be read.
    #[allow(clippy::disallowed_methods)]
    pub fn new(limits: Limits) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("nchat-social/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(128)
            .build()?;
        Ok(Self {
            client,
            #[cfg(any(test, fuzzing))]
            script: None,
        })
    }

    /// The same, but `script` answers.
    #[cfg(any(test, fuzzing))]
    pub fn scripted(&self, script: Script) -> Self {
        Self { script: Some(script), ..self.clone() }
    }

    /// Sends `request` and reads the whole answer.
    ///
    /// # Errors
    /// See [`OutboundError`]; an answer of any status is `Ok`.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Reply, OutboundError> {
        let request = reqwest::Request::try_from(request).map_err(|_| OutboundError::Invalid)?;
        #[cfg(any(test, fuzzing))]
        if let Some(script) = &self.script {
            return script.answer(request.url());
        }
        let mut response = self.client.execute(request).await.map_err(|error| classify(&error))?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(OutboundError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, headers, body })
    }

    /// A GET of `url` with `headers`; `bearer` becomes the Authorization header, marked as sensitive.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn get(
        &self,
        url: &url::Url,
        bearer: Option<&secrecy::SecretString>,
        headers: &[(&'static str, &str)],
    ) -> Result<Reply, OutboundError> {
        let mut request = Request::get(url.as_str());
        if let Some(token) = bearer {
            request = request.header(http::header::AUTHORIZATION, bearer_header(token)?);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Vec::new()).map_err(|_| OutboundError::Invalid)?).await
    }
}

/// `Bearer …` as a header value that debug output hides.
fn bearer_header(token: &secrecy::SecretString) -> Result<http::HeaderValue, OutboundError> {
    use secrecy::ExposeSecret;
    let text = zeroize::Zeroizing::new(format!("Bearer {}", token.expose_secret()));
    let mut value = http::HeaderValue::from_str(&text).map_err(|_| OutboundError::Invalid)?;
    value.set_sensitive(true);
    Ok(value)
}

fn classify(error: &reqwest::Error) -> OutboundError {
    if error.is_timeout() {
        OutboundError::Timeout
    } else if error.is_connect() {
        OutboundError::Connect
    } else if error.is_builder() {
        OutboundError::Invalid
    } else {
        OutboundError::Cut
    }
}
