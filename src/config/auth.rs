//! Who may call.

use super::reader::{Reader, Refused};
use secrecy::SecretString;
use serde::Deserialize;
use std::time::Duration;

/// What proves who a caller is.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// NCHAT_SOCIAL_SHARED_SECRET: callers that present it are Hasura, and their x-hasura-* headers are believed.
    pub shared_secret: Option<SecretString>,
    /// HASURA_GRAPHQL_JWT_SECRET: checks the JWTs of people who call without Hasura in between.
    pub jwt: Option<JwtConfig>,
    /// SOCIAL_ADMIN_ROLES: the session roles that administer accounts.
    pub admin_roles: Vec<String>,
    /// SOCIAL_SESSION_COOKIES: cookies in which nchat's pages bring the person's JWT.
    pub session_cookies: Vec<String>,
}

/// How JWTs are checked. The JSON is Hasura's own:
/// `<https://hasura.io/docs/2.0/auth/authentication/jwt/#hasura-jwt-configuration>`
#[derive(Clone, Debug)]
pub struct JwtConfig {
    /// The HS256 key.
    pub key: SecretString,
    /// The claim that holds the session variables.
    pub claims_namespace: String,
    /// How they are written there.
    pub claims_format: ClaimsFormat,
    /// One of these must be in `aud`; empty: not checked.
    pub audience: Vec<String>,
    /// Must equal `iss`; `None`: not checked.
    pub issuer: Option<String>,
    /// How far clocks may differ, in whole seconds.
    pub allowed_skew: Duration,
}

/// How a JWT writes the session variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimsFormat {
    /// As an object.
    #[default]
    Json,
    /// As a string that holds an object's JSON.
    StringifiedJson,
}

/// Where Hasura looks for session variables unless told otherwise.
const CLAIMS_NAMESPACE: &str = "https://hasura.io/jwt/claims";
/// HS256 wants a key no shorter than its hash, RFC 7518 §3.2.
const LEAST_KEY_CHARS: usize = 32;
const LEAST_SECRET_CHARS: usize = 16;

/// Hasura's JSON, as far as it is understood here. Not `Debug`: it holds the key.
#[derive(Deserialize)]
struct JwtJson {
    #[serde(rename = "type")]
    kind: Option<String>,
    key: Option<String>,
    jwk_url: Option<String>,
    claims_namespace: Option<String>,
    claims_namespace_path: Option<String>,
    claims_map: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    claims_format: ClaimsFormat,
    #[serde(default)]
    audience: OneOrMany,
    issuer: Option<String>,
    #[serde(default)]
    allowed_skew: u32,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl AuthConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Refused> {
        let name = "NCHAT_SOCIAL_SHARED_SECRET";
        let shared_secret = reader.secret(name).and_then(|secret| {
            if let Some(secret) = &secret {
                reader.at_least(name, secret, LEAST_SECRET_CHARS)?;
            }
            Ok(secret)
        });
        let jwt = JwtConfig::read(reader);
        let admin_roles = reader.list("SOCIAL_ADMIN_ROLES");
        let session_cookies = reader.list("SOCIAL_SESSION_COOKIES");
        Ok(Self {
            shared_secret: shared_secret?,
            jwt: jwt?,
            admin_roles: admin_roles?,
            session_cookies: session_cookies?,
        })
    }

    /// Nothing is set that a caller could prove anything with.
    pub fn refuses_everybody(&self) -> bool {
        self.shared_secret.is_none() && self.jwt.is_none()
    }
}

impl JwtConfig {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Refused> {
        use secrecy::ExposeSecret;
        let name = "HASURA_GRAPHQL_JWT_SECRET";
        let Some(text) = reader.secret(name)? else { return Ok(None) };
        // serde's message can quote the text: only its place is passed on.
        let json: JwtJson = serde_json::from_str(text.expose_secret()).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            let advice = format!(r#"must be JSON such as {{"type":"HS256","key":"…"}}, but is not at {place}"#);
            reader.refuse(name, None, advice)
        })?;
        if json.jwk_url.is_some() || json.kind.as_deref() != Some("HS256") {
            let advice = r#"must say "type":"HS256" and a "key": other kinds of JWT are not understood yet"#;
            return Err(reader.refuse(name, None, advice));
        }
        if json.claims_map.is_some() || json.claims_namespace_path.is_some() {
            let advice =
                "must name its claims by claims_namespace: claims_map and claims_namespace_path are not understood yet";
            return Err(reader.refuse(name, None, advice));
        }
        let Some(key) = json.key.map(SecretString::from) else {
            return Err(reader.refuse(name, None, r#"has no "key""#));
        };
        reader.at_least(&format!("{name}: its key"), &key, LEAST_KEY_CHARS)?;
        Ok(Some(Self {
            key,
            claims_namespace: json.claims_namespace.unwrap_or_else(|| CLAIMS_NAMESPACE.to_owned()),
            claims_format: json.claims_format,
            audience: match json.audience {
                OneOrMany::One(audience) => vec![audience],
                OneOrMany::Many(audiences) => audiences,
            },
            issuer: json.issuer,
            allowed_skew: Duration::from_secs(u64::from(json.allowed_skew)),
        }))
    }
}
