//! Tokens as issuers make them, and as attackers would.

use super::*;
use crate::{
    config::{ClaimsPlace, JsonPath, JwtConfig},
    crypto::jws::{Algorithm, VerifyKey, tests::Signer},
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use std::time::Duration;

pub(in crate::web) const KEY: &str = "0123456789abcdef0123456789abcdef";
const NAMESPACE: &str = "https://hasura.io/jwt/claims";
const USER: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
const NOW: i64 = 1_800_000_000;

/// Hasura's settings at their defaults.
pub(in crate::web) fn config() -> JwtConfig {
    JwtConfig {
        key: VerifyKey::parse(Algorithm::Hs256, &KEY.into()).expect("a key"),
        claims: ClaimsPlace::Namespace(NAMESPACE.into()),
        claims_format: ClaimsFormat::Json,
        audience: Vec::new(),
        issuer: None,
        allowed_skew: Duration::ZERO,
        header: None,
        cookie: None,
    }
}

/// A token of `header` and `payload`, signed with HMAC-SHA-256 whatever the header says.
fn signed(header: &Value, payload: &Value, key: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(payload));
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn token(payload: &Value) -> String {
    signed(&json!({"alg": "HS256", "typ": "JWT"}), payload, KEY)
}

/// A payload with `more` beside an owner's session.
fn payload(more: Value) -> Value {
    let mut payload = json!({ NAMESPACE: {
        "x-hasura-default-role": "user",
        "X-Hasura-Allowed-Roles": ["user", "owner"],
        "x-hasura-user-id": USER,
        "x-hasura-source-account-id": "primary",
    }});
    let more = more.as_object().cloned().unwrap_or_default();
    payload.as_object_mut().expect("an object").extend(more);
    payload
}

/// A session token of `role`, for other tests.
pub(in crate::web) fn session(role: &str) -> String {
    token(&json!({ NAMESPACE: { "x-hasura-default-role": role, "x-hasura-allowed-roles": [role, "user"] } }))
}

fn check(config: &JwtConfig, token: &str) -> Result<Token, JwtProblem> {
    verify(config, token, None, DateTime::from_timestamp(NOW, 0).expect("a time"))
}

#[test]
fn a_good_token_says_who_asks() {
    let good = check(&config(), &token(&payload(json!({"exp": NOW + 60, "iat": NOW})))).expect("valid");
    assert_eq!((good.claims.role.as_str(), good.claims.tenant.as_deref()), ("user", Some("primary")));
    assert_eq!(good.claims.user_id.map(|id| id.to_string()).as_deref(), Some(USER));
    assert_eq!(good.until.map(|until| until.timestamp()), Some(NOW + 60));
}

#[test]
fn the_signature_must_be_ours() {
    let body = payload(json!({}));
    assert_eq!(check(&config(), &signed(&json!({"alg": "HS256"}), &body, "another key")), Err(JwtProblem::Signature));
    for alg in ["none", "None", "HS512", "HS384", "RS256", "hs256"] {
        assert_eq!(check(&config(), &signed(&json!({"alg": alg}), &body, KEY)), Err(JwtProblem::Algorithm), "{alg}");
    }
    assert_eq!(check(&config(), &signed(&json!({}), &body, KEY)), Err(JwtProblem::Algorithm));
    let critical = json!({"alg": "HS256", "crit": ["exp"]});
    assert_eq!(check(&config(), &signed(&critical, &body, KEY)), Err(JwtProblem::Malformed("critical header")));

    let good = token(&body);
    let (unsigned, signature) = good.rsplit_once('.').expect("three parts");
    assert_eq!(check(&config(), &format!("{unsigned}.")), Err(JwtProblem::Signature), "stripped");
    assert_eq!(check(&config(), &format!("{unsigned}.{}", &signature[..20])), Err(JwtProblem::Signature), "cut");
    let (header, _) = unsigned.split_once('.').expect("two parts");
    let other = URL_SAFE_NO_PAD.encode(payload(json!({"sub": "x"})).to_string());
    assert_eq!(check(&config(), &format!("{header}.{other}.{signature}")), Err(JwtProblem::Signature), "swapped");
}

#[test]
fn nonsense_is_refused() {
    let long = format!("{}.{}.{}", "a".repeat(4000), "b".repeat(4000), "c".repeat(4000));
    for nonsense in ["", ".", "..", "a.b", "a.b.c.d", "{\"userId\":1}", "é.e30.e30", long.as_str()] {
        assert!(matches!(check(&config(), nonsense), Err(JwtProblem::Malformed(_))), "{nonsense}");
    }
    let list = signed(&json!({"alg": "HS256"}), &json!([1]), KEY);
    assert_eq!(check(&config(), &list), Err(JwtProblem::Malformed("not a JSON object")));
}

#[test]
fn times_are_kept_with_the_allowed_skew() {
    let at = |name: &str, seconds: Value| payload(json!({ name: seconds }));
    let skewed = JwtConfig { allowed_skew: Duration::from_secs(30), ..config() };
    let cases = [
        ("exp", json!(NOW + 1), None, None),
        ("exp", json!(NOW), Some(JwtProblem::Expired), None),
        ("exp", json!(NOW - 29), Some(JwtProblem::Expired), None),
        ("exp", json!(NOW - 30), Some(JwtProblem::Expired), Some(JwtProblem::Expired)),
        ("exp", json!(NOW as f64 + 0.5), None, None),
        ("exp", json!(1e300), None, None),
        ("exp", json!("soon"), Some(JwtProblem::Malformed("a time is not a number")), None),
        ("nbf", json!(NOW), None, None),
        ("nbf", json!(NOW + 30), Some(JwtProblem::TooEarly), None),
        ("nbf", json!(NOW + 31), Some(JwtProblem::TooEarly), Some(JwtProblem::TooEarly)),
    ];
    for (name, seconds, exact, lenient) in cases {
        let token = token(&at(name, seconds.clone()));
        assert_eq!(check(&config(), &token).err(), exact, "{name} {seconds}");
        if seconds.is_number() {
            assert_eq!(check(&skewed, &token).err(), lenient, "{name} {seconds} with skew");
        }
    }
}

#[test]
fn audience_and_issuer_count_when_configured() {
    let aimed = JwtConfig { audience: vec!["nchat".into(), "social".into()], ..config() };
    for good in [json!("social"), json!(["x", "nchat"])] {
        assert!(check(&aimed, &token(&payload(json!({"aud": good})))).is_ok(), "{good}");
    }
    for bad in [json!({}), json!({"aud": "x"}), json!({"aud": []}), json!({"aud": ["nchat2"]}), json!({"aud": 1})] {
        assert_eq!(check(&aimed, &token(&payload(bad.clone()))), Err(JwtProblem::Audience), "{bad}");
    }
    let issued = JwtConfig { issuer: Some("https://auth.example".into()), ..config() };
    assert!(check(&issued, &token(&payload(json!({"iss": "https://auth.example"})))).is_ok());
    for bad in [json!({}), json!({"iss": "https://auth.example/"}), json!({"iss": null})] {
        assert_eq!(check(&issued, &token(&payload(bad.clone()))), Err(JwtProblem::Issuer), "{bad}");
    }
    assert!(check(&config(), &token(&payload(json!({"aud": "x", "iss": "y"})))).is_ok(), "not configured");
}

#[test]
fn claims_are_where_and_how_they_are_configured() {
    let session = json!({"x-hasura-default-role": "user", "x-hasura-allowed-roles": ["user"]});
    let elsewhere = JwtConfig { claims: ClaimsPlace::Namespace("claims".into()), ..config() };
    assert!(check(&elsewhere, &token(&json!({"claims": session}))).is_ok());
    assert!(matches!(check(&elsewhere, &token(&payload(json!({})))), Err(JwtProblem::Claims(_))));

    let text = json!({ NAMESPACE: session.to_string() });
    let stringified = JwtConfig { claims_format: ClaimsFormat::StringifiedJson, ..config() };
    assert!(check(&stringified, &token(&text)).is_ok());
    assert!(matches!(check(&config(), &token(&text)), Err(JwtProblem::Claims(_))), "text where an object is due");
    let object = token(&json!({ NAMESPACE: session }));
    assert!(matches!(check(&stringified, &object), Err(JwtProblem::Claims(_))), "an object where text is due");

    for missing in [
        json!({"x-hasura-allowed-roles": ["user"]}),
        json!({"x-hasura-default-role": "user"}),
        json!({"x-hasura-default-role": "user", "x-hasura-allowed-roles": "user"}),
        json!({"x-hasura-default-role": 1, "x-hasura-allowed-roles": ["user"]}),
    ] {
        let problem = check(&config(), &token(&json!({ NAMESPACE: missing.clone() })));
        assert!(matches!(problem, Err(JwtProblem::Claims(_))), "{missing}");
    }
    let everybody =
        json!({"x-hasura-default-role": "user", "x-hasura-allowed-roles": ["user"], "x-hasura-source-account-id": "*"});
    assert!(matches!(check(&config(), &token(&json!({ NAMESPACE: everybody }))), Err(JwtProblem::Session(_))));
}

#[test]
fn a_role_may_be_asked_for_among_those_allowed() {
    let token = token(&payload(json!({})));
    let as_role = |role| verify(&config(), &token, role, DateTime::from_timestamp(NOW, 0).expect("a time"));
    assert_eq!(as_role(Some("owner")).map(|token| token.claims.role).as_deref(), Ok("owner"));
    for role in ["admin", "", "OWNER"] {
        assert_eq!(as_role(Some(role)), Err(JwtProblem::Role), "{role:?}");
    }
}

/// The token's header names an algorithm, the configuration decides: what was signed otherwise is nobody's.
#[test]
fn every_kind_of_key_signs_for_itself_alone() {
    let body = payload(json!({}));
    for (name, algorithm) in Algorithm::ALL {
        let signer = Signer::new(algorithm);
        let alg = if algorithm == Algorithm::EdDsa { "EdDSA" } else { name };
        let token = |alg: &str| {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let signed = format!("{}.{}", part(&json!({"alg": alg, "kid": "1"})), part(&body));
            let signature = URL_SAFE_NO_PAD.encode(signer.sign(signed.as_bytes()));
            (format!("{signed}.{signature}"), signed)
        };
        for text in signer.keys() {
            let key = VerifyKey::parse(algorithm, &text.clone().into()).expect("a key");
            let ours = JwtConfig { key, ..config() };
            let (good, unsigned) = token(alg);
            assert!(check(&ours, &good).is_ok(), "{name}");
            assert_eq!(check(&ours, &format!("{unsigned}.")), Err(JwtProblem::Signature), "{name} stripped");
            for other in ["none", "", "HS256", "RS256", "ES256", "EdDSA"].into_iter().filter(|other| *other != alg) {
                assert_eq!(check(&ours, &token(other).0), Err(JwtProblem::Algorithm), "{name} as {other}");
                assert_eq!(check(&ours, &format!("{}.", token(other).1)), Err(JwtProblem::Algorithm), "{name} {other}");
            }
            // The public key as a shared secret: what everybody knows signs nothing.
            let confused = signed(&json!({"alg": "HS256"}), &body, &text);
            if algorithm != Algorithm::Hs256 {
                assert_eq!(check(&ours, &confused), Err(JwtProblem::Algorithm), "{name}");
            }
            let confused = signed(&json!({"alg": alg}), &body, &text);
            if algorithm != Algorithm::Hs256 {
                assert_eq!(check(&ours, &confused), Err(JwtProblem::Signature), "{name}");
            }
        }
        if !matches!(algorithm, Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512) {
            let strangers = Signer::new(algorithm).keys().remove(0);
            let key = VerifyKey::parse(algorithm, &strangers.into()).expect("a key");
            assert_eq!(check(&JwtConfig { key, ..config() }, &token(alg).0), Err(JwtProblem::Signature), "{name}");
        }
    }
}

#[test]
fn claims_are_found_by_path_and_by_map() {
    let session =
        json!({"x-hasura-default-role": "user", "x-hasura-allowed-roles": ["user"], "x-hasura-user-id": USER});
    let at = |path| JwtConfig { claims: ClaimsPlace::Path(JsonPath::parse(path).expect("a path")), ..config() };
    let nested = token(&json!({"app": {"list": [{"claims": session}]}}));
    assert!(check(&at("$.app.list[0].claims"), &nested).is_ok());
    assert!(check(&at("$"), &token(&session)).is_ok());
    assert!(matches!(check(&at("$.app.list[1].claims"), &nested), Err(JwtProblem::Claims(_))));

    let setting = json!({"type": "HS256", "key": KEY, "claims_map": {
        "x-hasura-default-role": {"path": "$.role", "default": "user"},
        "X-Hasura-Allowed-Roles": {"path": "$.realm.roles"},
        "x-hasura-user-id": {"path": "$.sub"},
        "x-hasura-source-account-id": "acme",
    }})
    .to_string();
    let env = |name: &str| match name {
        "HASURA_GRAPHQL_JWT_SECRET" => Some(setting.clone()),
        "DATABASE_URL" => Some("postgres://u@h/d".into()),
        "SOCIAL_MEDIA_ENCRYPTION_KEY" => Some("k".into()),
        _ => None,
    };
    let mapped = crate::config::Config::from_env(&env).expect("settings").auth.jwt.expect("set");
    let good = check(&mapped, &token(&json!({"sub": USER, "realm": {"roles": ["user", "owner"]}, "role": "owner"})));
    let claims = good.expect("valid").claims;
    assert_eq!((claims.role.as_str(), claims.tenant.as_deref()), ("owner", Some("acme")));
    assert_eq!(claims.user_id.map(|id| id.to_string()).as_deref(), Some(USER));
    let usual = check(&mapped, &token(&json!({"sub": USER, "realm": {"roles": ["user"]}})));
    assert_eq!(usual.expect("valid").claims.role, "user", "the default");
    for missing in [json!({"sub": USER}), json!({"realm": {"roles": ["user"]}})] {
        assert!(matches!(check(&mapped, &token(&missing)), Err(JwtProblem::Claims(_))), "{missing}");
    }
    let raised = token(&json!({"sub": USER, "realm": {"roles": ["user"]}, "role": "owner"}));
    assert_eq!(check(&mapped, &raised), Err(JwtProblem::Role), "a default role that is not allowed");
    // The namespace is nothing beside a map.
    let namespaced = token(&json!({ NAMESPACE: session }));
    assert!(matches!(check(&mapped, &namespaced), Err(JwtProblem::Claims(_))));
}
