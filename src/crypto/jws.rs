//! Signatures: those of JSON Web Tokens that others made (RFC 7515, with the algorithms of RFC 7518 §3 and RFC 8037),
//! and those of the short sessions that this service gives out itself.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{hmac, signature};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use x509_cert::{
    Certificate,
    der::{Decode, Reader, SliceReader, asn1::UintRef},
    spki::{ObjectIdentifier, SubjectPublicKeyInfoRef},
};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ELLIPTIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// RFC 7518 §3.3 wants no shorter RSA keys.
const LEAST_RSA_BYTES: usize = 256;

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
    Rs256,
    Rs384,
    Rs512,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    /// Every one, by the word for it in Hasura's `type`:
    /// `<https://hasura.io/docs/2.0/auth/authentication/jwt/#hasura-jwt-configuration>`
    pub const ALL: [(&'static str, Self); 9] = [
        ("HS256", Self::Hs256),
        ("HS384", Self::Hs384),
        ("HS512", Self::Hs512),
        ("RS256", Self::Rs256),
        ("RS384", Self::Rs384),
        ("RS512", Self::Rs512),
        ("ES256", Self::Es256),
        ("ES384", Self::Es384),
        ("Ed25519", Self::EdDsa),
    ];

    /// The one that Hasura's `type` names.
    pub fn of_type(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == word).map(|(_, algorithm)| *algorithm)
    }

    /// Whether a token's `alg` is this one, letter by letter. RFC 9864 calls EdDSA by the curve's name.
    pub fn is_named(self, alg: &str) -> bool {
        Self::ALL.iter().any(|(name, algorithm)| *algorithm == self && *name == alg)
            || (self == Self::EdDsa && alg == "EdDSA")
    }

    /// Of a shared secret: no shorter than its hash, RFC 7518 §3.2.
    const fn least_chars(self) -> usize {
        match self {
            Self::Hs384 => 48,
            Self::Hs512 => 64,
            _ => 32,
        }
    }
}

/// A key that checks signatures of one algorithm. Debug output hides it.
#[derive(Clone)]
pub struct VerifyKey {
    algorithm: Algorithm,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Shared(hmac::Key),
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// A point of a curve, as its signatures want it.
    Point(Vec<u8>),
}

/// Why a text is no key. Holds nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyKeyProblem {
    #[error("must have at least {0} characters")]
    Short(usize),
    #[error("must be a public key as PEM (PUBLIC KEY, RSA PUBLIC KEY), a certificate as PEM, or a JWK")]
    Form,
    #[error("is a key of another kind than its type says")]
    Kind,
    #[error("is an RSA key of fewer than 2048 bits")]
    Weak,
}

impl VerifyKey {
    /// Reads a key: a secret for HS…, else a public key as PEM, a certificate as PEM or a JWK.
    ///
    /// # Errors
    /// [`VerifyKeyProblem`].
    pub fn parse(algorithm: Algorithm, text: &SecretString) -> Result<Self, VerifyKeyProblem> {
        let text = text.expose_secret();
        let key = match algorithm {
            Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => {
                if text.chars().count() < algorithm.least_chars() {
                    return Err(VerifyKeyProblem::Short(algorithm.least_chars()));
                }
                let hash = match algorithm {
                    Algorithm::Hs384 => hmac::HMAC_SHA384,
                    Algorithm::Hs512 => hmac::HMAC_SHA512,
                    _ => hmac::HMAC_SHA256,
                };
                Key::Shared(hmac::Key::new(hash, text.as_bytes()))
            }
            _ if text.trim_start().starts_with('{') => of_jwk(algorithm, text)?,
            _ => of_pem(algorithm, text)?,
        };
        match &key {
            Key::Rsa { n, .. } if n.len() < LEAST_RSA_BYTES => Err(VerifyKeyProblem::Weak),
            _ => Ok(Self { algorithm, key }),
        }
    }

    /// The only algorithm this key is for.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `signature` is of `signed` by this key's owner. The time of HS… does not tell where they differ.
    pub fn is_signed(&self, signed: &[u8], signature: &[u8]) -> bool {
        use signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, UnparsedPublicKey};
        match &self.key {
            Key::Shared(key) => hmac::verify(key, signed, signature).is_ok(),
            Key::Rsa { n, e } => {
                let parameters = match self.algorithm {
                    Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                    Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
                    _ => &signature::RSA_PKCS1_2048_8192_SHA256,
                };
                signature::RsaPublicKeyComponents { n, e }.verify(parameters, signed, signature).is_ok()
            }
            Key::Point(point) => match self.algorithm {
                Algorithm::Es384 => UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).verify(signed, signature),
                Algorithm::EdDsa => UnparsedPublicKey::new(&ED25519, point).verify(signed, signature),
                _ => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature),
            }
            .is_ok(),
        }
    }
}

impl std::fmt::Debug for VerifyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifyKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

fn of_pem(algorithm: Algorithm, text: &str) -> Result<Key, VerifyKeyProblem> {
    let (label, der) = pem(text).ok_or(VerifyKeyProblem::Form)?;
    match label {
        "PUBLIC KEY" => of_spki(algorithm, SubjectPublicKeyInfoRef::from_der(&der)),
        "RSA PUBLIC KEY" if is_rsa(algorithm) => of_pkcs1(&der),
        "RSA PUBLIC KEY" => Err(VerifyKeyProblem::Kind),
        "CERTIFICATE" | "X509 CERTIFICATE" => {
            let certificate = Certificate::from_der(&der).map_err(|_| VerifyKeyProblem::Form)?;
            let spki = &certificate.tbs_certificate.subject_public_key_info;
            let parameters = spki.algorithm.parameters.as_ref();
            let oid = parameters.and_then(|parameters| parameters.decode_as().ok());
            of_parts(algorithm, spki.algorithm.oid, oid, spki.subject_public_key.as_bytes())
        }
        _ => Err(VerifyKeyProblem::Form),
    }
}

fn of_spki(
    algorithm: Algorithm,
    spki: Result<SubjectPublicKeyInfoRef<'_>, x509_cert::der::Error>,
) -> Result<Key, VerifyKeyProblem> {
    let spki = spki.map_err(|_| VerifyKeyProblem::Form)?;
    let curve = spki.algorithm.parameters.and_then(|parameters| parameters.decode_as().ok());
    of_parts(algorithm, spki.algorithm.oid, curve, spki.subject_public_key.as_bytes())
}

/// The parts of a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
fn of_parts(
    algorithm: Algorithm,
    kind: ObjectIdentifier,
    curve: Option<ObjectIdentifier>,
    key: Option<&[u8]>,
) -> Result<Key, VerifyKeyProblem> {
    let key = key.ok_or(VerifyKeyProblem::Form)?;
    match algorithm {
        _ if is_rsa(algorithm) && kind == RSA => of_pkcs1(key),
        Algorithm::Es256 if kind == ELLIPTIC && curve == Some(P256) => point(key, 65),
        Algorithm::Es384 if kind == ELLIPTIC && curve == Some(P384) => point(key, 97),
        Algorithm::EdDsa if kind == ED25519 => point(key, 32),
        _ => Err(VerifyKeyProblem::Kind),
    }
}

/// RSAPublicKey, RFC 8017 §A.1.1.
fn of_pkcs1(der: &[u8]) -> Result<Key, VerifyKeyProblem> {
    let read = || -> x509_cert::der::Result<Key> {
        SliceReader::new(der)?.sequence(|reader| {
            let (n, e) = (UintRef::decode(reader)?, UintRef::decode(reader)?);
            Ok(Key::Rsa { n: n.as_bytes().to_vec(), e: e.as_bytes().to_vec() })
        })
    };
    read().map_err(|_| VerifyKeyProblem::Form)
}

fn point(bytes: &[u8], length: usize) -> Result<Key, VerifyKeyProblem> {
    if bytes.len() == length { Ok(Key::Point(bytes.to_vec())) } else { Err(VerifyKeyProblem::Form) }
}

const fn is_rsa(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512)
}

/// A public JWK: RFC 7517 §4, RFC 7518 §6, RFC 8037 §2.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

fn of_jwk(algorithm: Algorithm, text: &str) -> Result<Key, VerifyKeyProblem> {
    let jwk: Jwk = serde_json::from_str(text).map_err(|_| VerifyKeyProblem::Form)?;
    if jwk.alg.as_deref().is_some_and(|alg| !algorithm.is_named(alg)) {
        return Err(VerifyKeyProblem::Kind);
    }
    let bytes = |value: &Option<String>| -> Result<Vec<u8>, VerifyKeyProblem> {
        let value = value.as_deref().ok_or(VerifyKeyProblem::Form)?;
        URL_SAFE_NO_PAD.decode(value).map_err(|_| VerifyKeyProblem::Form)
    };
    match (algorithm, jwk.kty.as_str(), jwk.crv.as_deref()) {
        (_, "RSA", _) if is_rsa(algorithm) => {
            let n = bytes(&jwk.n)?;
            let zeros = n.iter().take_while(|byte| **byte == 0).count();
            Ok(Key::Rsa { n: n[zeros..].to_vec(), e: bytes(&jwk.e)? })
        }
        (Algorithm::Es256, "EC", Some("P-256")) => point(&[vec![4], bytes(&jwk.x)?, bytes(&jwk.y)?].concat(), 65),
        (Algorithm::Es384, "EC", Some("P-384")) => point(&[vec![4], bytes(&jwk.x)?, bytes(&jwk.y)?].concat(), 97),
        (Algorithm::EdDsa, "OKP", Some("Ed25519")) => point(&bytes(&jwk.x)?, 32),
        _ => Err(VerifyKeyProblem::Kind),
    }
}

/// The label and the bytes of the first PEM block, RFC 7468.
fn pem(text: &str) -> Option<(&str, Vec<u8>)> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    Some((label, STANDARD.decode(body).ok()?))
}

/// Signs and checks this service's own short texts. Made of a secret for one purpose: the same secret for another
/// purpose signs otherwise, and a new secret makes everything signed before worthless.
pub struct SessionKey(hmac::Key);

impl SessionKey {
    /// The key for `purpose`.
    pub fn derive(secret: &SecretString, purpose: &str) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        Self(hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, purpose.as_bytes()).as_ref()))
    }

    /// The signature of `text`, for an address or a cookie.
    pub fn sign(&self, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, text.as_bytes()))
    }

    /// Whether `signature` is of `text`; the time does not tell where they differ.
    pub fn is_signed(&self, text: &str, signature: &str) -> bool {
        let bytes = URL_SAFE_NO_PAD.decode(signature);
        bytes.is_ok_and(|bytes| hmac::verify(&self.0, text.as_bytes(), &bytes).is_ok())
    }
}

#[cfg(test)]
pub(crate) mod tests;
