//! Sessions as Nhost's clients write them into a cookie: JSON with the token as `accessToken`, as it is, URL-encoded, or
//! in base64. `<https://github.com/nhost/nhost/blob/main/packages/nhost-js/src/session/storageBackend.ts>`

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use std::borrow::Cow;

/// No browser keeps a longer cookie.
const MOST_BYTES: usize = 8 * 1024;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const ENGINES: [GeneralPurpose; 2] = [GeneralPurpose::new(&STANDARD, LENIENT), GeneralPurpose::new(&URL_SAFE, LENIENT)];

#[derive(Deserialize)]
struct Session {
    #[serde(rename = "accessToken")]
    access_token: String,
}

/// What may be a token in a cookie's `value`; whether it is one its signature tells.
pub(super) fn tokens(value: &str) -> impl Iterator<Item = Cow<'_, str>> {
    [Some(Cow::Borrowed(value)), in_session(value).map(Cow::Owned)].into_iter().flatten()
}

fn in_session(value: &str) -> Option<String> {
    if value.len() > MOST_BYTES {
        return None;
    }
    let plain: Cow<'_, [u8]> = percent_decode_str(value).into();
    read(&plain).or_else(|| ENGINES.iter().filter_map(|engine| engine.decode(&plain).ok()).find_map(|json| read(&json)))
}

fn read(json: &[u8]) -> Option<String> {
    serde_json::from_slice::<Session>(json).ok().map(|session| session.access_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_every_way_of_writing_a_session() {
        let json = r#"{"accessToken":"a.b.c","accessTokenExpiresIn":900,"user":{"displayName":"Zoë ?>~"}}"#;
        let [standard, url_safe] = ENGINES.map(|engine| engine.encode(json));
        let encoded = percent_encoding::utf8_percent_encode(json, percent_encoding::NON_ALPHANUMERIC).to_string();
        let padded = standard.replace('=', "%3D");
        let bare = standard.trim_end_matches('=').to_owned();
        for value in [json, &encoded, &standard, &url_safe, &padded, &bare] {
            let found: Vec<_> = tokens(value).collect();
            assert_eq!(found, [value, "a.b.c"], "{value}");
        }
        let long = format!(r#"{{"accessToken":"{}"}}"#, "x".repeat(MOST_BYTES));
        for value in ["a.b.c", "", "%", "{}", r#"{"accessToken":7}"#, "[]", "e30=", &long] {
            assert_eq!(tokens(value).collect::<Vec<_>>(), [value], "nothing else: {value}");
        }
    }
}
