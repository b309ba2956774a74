//! Who may call.

use super::{
    claims::{ClaimsFormat, ClaimsPlace, JsonPath},
    reader::{Reader, Refused},
};
use crate::crypto::jws::{Algorithm, VerifyKey};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::time::Duration;

/// What proves who a caller is.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// NCHAT_SOCIAL_SHARED_SECRET: callers that present it are Hasura, and their x-hasura-* headers are believed.
    pub shared_secret: Option<SecretString>,
    /// HASURA_GRAPHQL_JWT_SECRET: checks the JWTs of people who call without Hasura in between.
    pub jwt: Option<JwtConfig>,
    /// SOCIAL_ADMIN_TOKEN: whoever presents it administers the default tenant: scripts, and the page of this service.
    pub admin_token: Option<SecretString>,
    /// SOCIAL_ADMIN_ROLES: the session roles that administer accounts.
    pub admin_roles: Vec<String>,
    /// SOCIAL_SESSION_COOKIES: cookies in which nchat's pages bring the person's JWT.
    pub session_cookies: Vec<String>,
}

/// How JWTs are checked. The JSON is Hasura's own:
/// `<https://hasura.io/docs/2.0/auth/authentication/jwt/#hasura-jwt-configuration>`
#[derive(Clone, Debug)]
pub struct JwtConfig {
    /// Checks signatures, of one algorithm only.
    pub key: VerifyKey,
    /// Where the session variables are.
    pub claims: ClaimsPlace,
    /// How they are written there, unless each is named by itself.
    pub claims_format: ClaimsFormat,
    /// One of these must be in `aud`; empty: not checked.
    pub audience: Vec<String>,
    /// Must equal `iss`; `None`: not checked.
    pub issuer: Option<String>,
    /// How far clocks may differ, in whole seconds.
    pub allowed_skew: Duration,
    /// A header beside Authorization that brings the token, in lower case.
    pub header: Option<String>,
    /// A cookie beside those of SOCIAL_SESSION_COOKIES that brings it.
    pub cookie: Option<String>,
}

/// Where Hasura looks for session variables unless told otherwise.
const CLAIMS_NAMESPACE: &str = "https://hasura.io/jwt/claims";
const LEAST_SECRET_CHARS: usize = 16;
/// Whoever has it may do everything, and nothing slows guesses down.
const LEAST_TOKEN_CHARS: usize = 32;

/// Hasura's JSON, as far as it is understood here. Not `Debug`: it holds the key.
#[derive(Deserialize)]
struct JwtJson {
    #[serde(rename = "type")]
    kind: Option<String>,
    key: Option<String>,
    jwk_url: Option<serde::de::IgnoredAny>,
    claims_namespace: Option<String>,
    claims_namespace_path: Option<String>,
    claims_map: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(default)]
    claims_format: ClaimsFormat,
    #[serde(default)]
    audience: OneOrMany,
    issuer: Option<String>,
    #[serde(default)]
    allowed_skew: u32,
    #[serde(default)]
    header: HeaderJson,
}

/// Where the token is brought.
#[derive(Default, Deserialize)]
#[serde(tag = "type")]
enum HeaderJson {
    #[default]
    Authorization,
    Cookie {
        name: String,
    },
    CustomHeader {
        name: String,
    },
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
        let shared_secret = long_enough(reader, "NCHAT_SOCIAL_SHARED_SECRET", LEAST_SECRET_CHARS);
        let jwt = JwtConfig::read(reader);
        let admin_token = long_enough(reader, "SOCIAL_ADMIN_TOKEN", LEAST_TOKEN_CHARS);
        let admin_roles = reader.list("SOCIAL_ADMIN_ROLES");
        let session_cookies = reader.list("SOCIAL_SESSION_COOKIES");
        Ok(Self {
            shared_secret: shared_secret?,
            jwt: jwt?,
            admin_token: admin_token?,
            admin_roles: admin_roles?,
            session_cookies: session_cookies?,
        })
    }

    /// Nothing is set that a caller could prove anything with.
    pub fn refuses_everybody(&self) -> bool {
        self.shared_secret.is_none() && self.jwt.is_none() && self.admin_token.is_none()
    }
}

fn long_enough(reader: &mut Reader<'_>, name: &'static str, least: usize) -> Result<Option<SecretString>, Refused> {
    let secret = reader.secret(name)?;
    if let Some(secret) = &secret {
        reader.at_least(name, secret, least)?;
    }
    Ok(secret)
}

impl JwtConfig {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Refused> {
        let name = "HASURA_GRAPHQL_JWT_SECRET";
        let Some(text) = reader.secret(name)? else { return Ok(None) };
        // serde's message can quote the text: only its place is passed on.
        let json: JwtJson = serde_json::from_str(text.expose_secret()).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            let advice = format!(r#"must be JSON such as {{"type":"HS256","key":"…"}}, but is not at {place}"#);
            reader.refuse(name, None, advice)
        })?;
        Self::of(json).map(Some).map_err(|advice| reader.refuse(name, None, advice))
    }

    fn of(json: JwtJson) -> Result<Self, String> {
        if json.jwk_url.is_some() {
            return Err("has a jwk_url, from which no keys are fetched: give the key itself as type and key".into());
        }
        let algorithm = json.kind.as_deref().and_then(Algorithm::of_type).ok_or_else(|| {
            let known = Algorithm::ALL.map(|(name, _)| name).join(", ");
            format!(r#"must have one of these as "type": {known}"#)
        })?;
        let key = json.key.map(SecretString::from).ok_or(r#"has no "key""#)?;
        let key = VerifyKey::parse(algorithm, &key).map_err(|problem| format!("has a key that {problem}"))?;
        let claims = match (json.claims_map, json.claims_namespace_path, json.claims_namespace) {
            (Some(map), None, None) => ClaimsPlace::of_map(&map)?,
            (None, Some(path), None) => {
                ClaimsPlace::Path(JsonPath::parse(&path).ok_or("has a claims_namespace_path that cannot be read")?)
            }
            (None, None, name) => ClaimsPlace::Namespace(name.unwrap_or_else(|| CLAIMS_NAMESPACE.to_owned())),
            _ => return Err("must have only one of claims_namespace, claims_namespace_path and claims_map".into()),
        };
        let (header, cookie) = match json.header {
            HeaderJson::Authorization => (None, None),
            HeaderJson::Cookie { name } => (None, Some(name)),
            HeaderJson::CustomHeader { name } => (Some(name.to_ascii_lowercase()), None),
        };
        Ok(Self {
            key,
            claims,
            claims_format: json.claims_format,
            audience: match json.audience {
                OneOrMany::One(audience) => vec![audience],
                OneOrMany::Many(audiences) => audiences,
            },
            issuer: json.issuer,
            allowed_skew: Duration::from_secs(u64::from(json.allowed_skew)),
            header,
            cookie,
        })
    }
}
