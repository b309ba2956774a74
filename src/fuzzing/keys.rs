//! What is sealed and what is signed.

use super::{doors, first_line, laws, world};
use crate::{
    crypto::{KeyRing, NchatKeys, Sealer},
    domain::{Platform, dice::SeededDice},
    outbound::Script,
    platforms::Platforms,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::SecretString;
use sha2::Sha256;
use std::sync::{Arc, LazyLock};

/// As a sealed value, and as something to be sealed.
pub fn sealed(input: &[u8]) {
    static SEALER: LazyLock<Sealer> = LazyLock::new(|| {
        let ring = KeyRing::parse(&world::ENCRYPTION_KEY.into()).expect("a key");
        Sealer::new(ring, Arc::new(SeededDice::new(1)))
    });
    let _ = SEALER.key_age(input);
    if let Ok(plain) = SEALER.open(input, b"row") {
        assert!(plain.len() < input.len());
        assert!(SEALER.open(input, b"another row").is_err(), "a value opens in its own row only");
    }
    let mut sealed = SEALER.seal(input, b"row");
    assert_eq!(SEALER.open(&sealed, b"row").as_deref().map(Vec::as_slice), Ok(input));
    // The input says which bit to turn.
    let bit = input.iter().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let at = bit / 8 % sealed.len();
    sealed[at] ^= 1 << (bit % 8);
    assert!(SEALER.open(&sealed, b"row").is_err(), "a changed value does not open");
}

/// As a token that nchat sealed, in base64 and as bytes.
pub fn nchat_token(input: &[u8]) {
    static KEYS: LazyLock<NchatKeys> = LazyLock::new(|| NchatKeys::derive(&world::ENCRYPTION_KEY.into()));
    for text in [super::text(input).into_owned(), STANDARD.encode(input)] {
        if let Some(token) = KEYS.open(&text) {
            laws::keeps_quiet(&format!("{token:?}"));
        }
    }
}

/// As a signed request that nobody signed, and as what a signed one says.
pub fn signed_request(input: &[u8]) {
    static PLATFORMS: LazyLock<Platforms> = LazyLock::new(|| {
        let config = world::config(None).unwrap_or_else(|problems| panic!("{problems}"));
        world::platforms(&config, &Script::default())
    });
    let client = PLATFORMS.get(Platform::Instagram).expect("it is configured");
    assert!(client.signed_request(&super::text(input)).is_err(), "nobody else can sign");
    let payload = URL_SAFE_NO_PAD.encode(input);
    let told = client.signed_request(&format!("{}.{payload}", signature(world::APP_SECRET, &payload)));
    if let Ok(told) = told {
        assert!((1..=64).contains(&told.person.len()), "{:?}", told.person);
    }
}

/// As a session's JWT: as it is, and on its second line a payload to be signed. The first line is the header, or empty.
pub fn jwt(input: &[u8]) {
    let text = super::text(input);
    let status = doors::knock(&[("authorization", &format!("Bearer {}", text.trim()))]);
    assert_eq!(status, 401, "what nobody signed is nobody's");
    let (header, payload) = first_line(input);
    let header = if header.is_empty() { r#"{"alg":"HS256"}"# } else { &header };
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let token = format!("{signed}.{}", signature(world::JWT_KEY, &signed));
    // Known, not known, or known to the database alone.
    let status = doors::knock(&[("authorization", &format!("Bearer {token}"))]);
    assert!([401, 403, 503].contains(&status), "{status}");
}

/// As HASURA_GRAPHQL_JWT_SECRET.
pub fn jwt_config(input: &[u8]) {
    let text = super::text(input);
    match world::config(Some(("HASURA_GRAPHQL_JWT_SECRET", &text))) {
        Ok(config) => laws::keeps_quiet(&format!("{:?}", config.auth.jwt.map(|jwt| jwt.key))),
        Err(problems) => {
            let told = problems.to_string();
            laws::keeps_quiet(&told);
            assert!(told.contains("HASURA_GRAPHQL_JWT_SECRET") && told.len() < 2_000, "{told}");
        }
    }
}

fn signature(key: &str, signed: &str) -> String {
    let key = SecretString::from(key);
    let mac = Hmac::<Sha256>::new_from_slice(secrecy::ExposeSecret::expose_secret(&key).as_bytes());
    let mac = mac.expect("a key of any length").chain_update(signed);
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}
