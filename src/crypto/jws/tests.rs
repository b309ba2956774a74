//! Real keys of every kind, in every form they come in.

use super::*;
use ring::{
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
        Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaKeyPair,
    },
};
use serde_json::json;

/// Somebody who signs tokens.
pub(crate) struct Signer {
    algorithm: Algorithm,
    pair: Pair,
}

enum Pair {
    Shared(String),
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    /// With a new key; RSA's is always the same.
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let dice = SystemRandom::new();
        let ecdsa = |of: &'static EcdsaSigningAlgorithm| {
            let document = EcdsaKeyPair::generate_pkcs8(of, &dice).expect("a key");
            Pair::Ecdsa(EcdsaKeyPair::from_pkcs8(of, document.as_ref(), &dice).expect("a key"))
        };
        let pair = match algorithm {
            Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => {
                let mut secret = [0; 48];
                ring::rand::SecureRandom::fill(&dice, &mut secret).expect("dice");
                Pair::Shared(STANDARD.encode(secret))
            }
            Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 => {
                Pair::Rsa(RsaKeyPair::from_pkcs8(include_bytes!("fixtures/rsa.p8")).expect("a key"))
            }
            Algorithm::Es256 => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::Es384 => ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::EdDsa => {
                let document = Ed25519KeyPair::generate_pkcs8(&dice).expect("a key");
                Pair::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key"))
            }
        };
        Self { algorithm, pair }
    }

    pub(crate) fn sign(&self, text: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Shared(secret) => {
                let hash = match self.algorithm {
                    Algorithm::Hs384 => hmac::HMAC_SHA384,
                    Algorithm::Hs512 => hmac::HMAC_SHA512,
                    _ => hmac::HMAC_SHA256,
                };
                hmac::sign(&hmac::Key::new(hash, secret.as_bytes()), text).as_ref().to_vec()
            }
            Pair::Rsa(pair) => {
                let padding: &'static dyn signature::RsaEncoding = match self.algorithm {
                    Algorithm::Rs384 => &RSA_PKCS1_SHA384,
                    Algorithm::Rs512 => &RSA_PKCS1_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(padding, &SystemRandom::new(), text, &mut signature).expect("signed");
                signature
            }
            Pair::Ecdsa(pair) => pair.sign(&SystemRandom::new(), text).expect("signed").as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(text).as_ref().to_vec(),
        }
    }

    /// What goes into the settings of whoever checks, in each form there is.
    pub(crate) fn keys(&self) -> Vec<String> {
        match &self.pair {
            Pair::Shared(secret) => vec![secret.clone()],
            Pair::Rsa(pair) => {
                let parts = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                let jwk = json!({"kty": "RSA", "n": encode(&parts.n), "e": encode(&parts.e), "use": "sig"});
                let files = [
                    include_str!("fixtures/rsa.pub.pem"),
                    include_str!("fixtures/rsa.pkcs1.pem"),
                    include_str!("fixtures/rsa.crt.pem"),
                ];
                files.into_iter().map(str::to_owned).chain([jwk.to_string()]).collect()
            }
            Pair::Ecdsa(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = point[1..].split_at(point.len() / 2);
                let (head, curve) = match self.algorithm {
                    Algorithm::Es384 => ("3076301006072a8648ce3d020106052b81040022036200", "P-384"),
                    _ => ("3059301306072a8648ce3d020106082a8648ce3d030107034200", "P-256"),
                };
                let jwk = json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)});
                vec![spki(head, point), jwk.to_string()]
            }
            Pair::Ed25519(pair) => {
                let point = pair.public_key().as_ref();
                let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": encode(point), "alg": "EdDSA"});
                vec![spki("302a300506032b6570032100", point), jwk.to_string()]
            }
        }
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A SubjectPublicKeyInfo as PEM: its head in hex, then the key.
fn spki(head: &str, key: &[u8]) -> String {
    let byte = |at: usize| u8::from_str_radix(&head[at..at + 2], 16).expect("hex");
    let der: Vec<u8> = (0..head.len()).step_by(2).map(byte).chain(key.iter().copied()).collect();
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

#[test]
fn every_algorithm_checks_its_own_signatures_in_every_form_of_key() {
    for (name, algorithm) in Algorithm::ALL {
        assert_eq!(Algorithm::of_type(name), Some(algorithm));
        let signer = Signer::new(algorithm);
        let signature = signer.sign(b"signed");
        for text in signer.keys() {
            let key = VerifyKey::parse(algorithm, &text.clone().into()).unwrap_or_else(|why| panic!("{name}: {why}"));
            assert!(key.is_signed(b"signed", &signature), "{name} {text}");
            assert!(!key.is_signed(b"Signed", &signature), "{name}: another text");
            assert!(!key.is_signed(b"signed", &signature[1..]), "{name}: cut");
            assert!(!key.is_signed(b"signed", b""), "{name}: none");
            let mut other = signature.clone();
            other[7] ^= 1;
            assert!(!key.is_signed(b"signed", &other), "{name}: another signature");
            assert!(!format!("{key:?}").contains(&text[..16.min(text.len())]), "{name}: hidden");
        }
    }
    assert_eq!(Algorithm::of_type("none"), None);
    assert!(Algorithm::EdDsa.is_named("EdDSA") && Algorithm::EdDsa.is_named("Ed25519"));
    assert!(!Algorithm::Es256.is_named("EdDSA") && !Algorithm::Hs256.is_named("hs256"));
}

/// A public key is no secret: whoever takes it for one lets everybody sign.
#[test]
fn a_key_is_for_its_own_kind_alone() {
    use VerifyKeyProblem::{Form, Kind, Short, Weak};
    let of = |algorithm, text: &str| VerifyKey::parse(algorithm, &text.into()).map(|key| key.algorithm());
    for (_, algorithm) in Algorithm::ALL.into_iter().skip(3) {
        for (_, other) in Algorithm::ALL.into_iter().skip(3) {
            let same = algorithm == other || is_rsa(algorithm) && is_rsa(other);
            for text in Signer::new(algorithm).keys() {
                let read = of(other, &text);
                assert_eq!(read, if same { Ok(other) } else { Err(Kind) }, "{algorithm:?} {other:?}");
            }
        }
    }
    assert_eq!(of(Algorithm::Hs256, &"x".repeat(31)), Err(Short(32)));
    assert_eq!(of(Algorithm::Hs384, &"x".repeat(47)), Err(Short(48)));
    assert_eq!(of(Algorithm::Hs512, &"x".repeat(63)), Err(Short(64)));
    assert_eq!(of(Algorithm::Rs256, include_str!("fixtures/weak.pub.pem")), Err(Weak));
    let cut = include_str!("fixtures/rsa.pub.pem").replace("MIIB", "MIIA");
    let private = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
    for text in ["", "x", "{}", "{\"kty\":1}", cut.as_str(), private, "-----BEGIN PUBLIC KEY-----\nAAAA"] {
        assert_eq!(of(Algorithm::Rs256, text), Err(Form), "{text}");
    }
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": encode(&[1; 31])}).to_string();
    assert_eq!(of(Algorithm::EdDsa, &jwk), Err(Form), "too short a point");
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": encode(&[1; 32]), "alg": "ES256"}).to_string();
    assert_eq!(of(Algorithm::EdDsa, &jwk), Err(Kind), "its own word for it");
}

#[test]
fn a_session_key_is_for_one_purpose_and_one_secret() {
    let key = |secret: &str, purpose| SessionKey::derive(&secret.into(), purpose);
    let signature = key("secret", "a").sign("text");
    assert!(key("secret", "a").is_signed("text", &signature));
    for (secret, purpose, text) in [("secret", "b", "text"), ("Secret", "a", "text"), ("secret", "a", "texts")] {
        assert!(!key(secret, purpose).is_signed(text, &signature), "{secret} {purpose} {text}");
    }
    for crooked in ["", "!", &signature[1..]] {
        assert!(!key("secret", "a").is_signed("text", crooked));
    }
}
