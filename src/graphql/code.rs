//! `extensions.code` of errors, in the words that GraphQL clients know: nchat's own renews its token at `UNAUTHENTICATED`.
//! `<https://www.apollographql.com/docs/apollo-server/data/errors#built-in-error-codes>`

use std::borrow::Cow;

/// Input that is not what it should be.
pub const INVALID: &str = "BAD_USER_INPUT";

/// What GraphQL clients call what the rest of this service calls `word`.
pub fn code(word: &str) -> Cow<'static, str> {
    match word {
        "invalid" => INVALID.into(),
        "internal" => "INTERNAL_SERVER_ERROR".into(),
        word => word.to_ascii_uppercase().into(),
    }
}
