//! Errors in the Graph API's shape. Texts marked (ours) stand where the platform's own words are not known.
//! `<https://developers.facebook.com/docs/graph-api/guides/error-handling>`

use crate::domain::Timestamp;
use axum::http::StatusCode;
use chrono::FixedOffset;
use serde_json::{Value, json};

/// `{"error":{"message","type","code","error_subcode"?,"is_transient"?,"fbtrace_id"}}` and its HTTP status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GraphError {
    pub status: StatusCode,
    pub message: String,
    pub kind: &'static str,
    pub code: u32,
    /// As graph.facebook.com numbers it; graph.instagram.com mostly leaves it out of a 190.
    pub subcode: Option<u32>,
    pub transient: bool,
}

impl GraphError {
    /// HTTP 400 `OAuthException`, which nearly everything is.
    pub(super) fn new(code: u32, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status: StatusCode::BAD_REQUEST, message, kind: "OAuthException", code, subcode: None, transient: false }
    }

    pub(super) fn with_subcode(self, subcode: u32) -> Self {
        Self { subcode: Some(subcode), ..self }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    fn of_instagram(self) -> Self {
        Self { kind: "IGApiException", ..self }
    }

    /// A version nobody knows, or an edge that is not there.
    pub(super) fn unknown_path(path: &str) -> Self {
        Self::new(2500, format!("Unknown path components: {path}"))
    }

    /// No access token at all.
    pub(super) fn no_token() -> Self {
        Self::new(2500, "An active access token must be used to query information about the current user.")
    }

    /// `fields` cannot be parsed (ours).
    pub(super) fn syntax(position: usize) -> Self {
        Self::new(2500, format!("Syntax error in fields at character {position}"))
    }

    /// One such field fails the whole request.
    pub(super) fn nonexisting_field(field: &str, node: &str) -> Self {
        Self::new(100, format!("(#100) Tried accessing nonexisting field ({field}) on node type ({node})"))
    }

    /// A parameter with a bad value (ours).
    pub(super) fn parameter(sentence: &str) -> Self {
        Self::new(100, format!("(#100) {sentence}"))
    }

    /// Deleted, somebody else's, or never there.
    pub(super) fn no_object(id: &str) -> Self {
        let message = format!(
            "Unsupported get request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
             permissions, or does not support this operation"
        );
        Self { kind: "GraphMethodException", ..Self::new(100, message).with_subcode(33) }
    }

    /// An account that is not attached to the app (tester invitation not accepted), an empty or `undefined` token, or
    /// a method other than GET.
    pub(super) fn unsupported(method: &str) -> Self {
        Self::new(100, format!("Unsupported request - method type: {method}")).of_instagram()
    }

    /// The scope that reading needs was not granted.
    pub(super) fn no_permission() -> Self {
        Self::new(10, "Application does not have permission for this action").of_instagram()
    }

    /// The token's time is over.
    pub(super) fn expired(ended: Timestamp, now: Timestamp) -> Self {
        let message = format!(
            "Error validating access token: Session has expired on {}. The current time is {}.",
            pacific(ended),
            pacific(now)
        );
        Self::new(190, message).with_subcode(463)
    }

    /// The person took the app's access away.
    pub(super) fn removed() -> Self {
        let message = "Error validating access token: The user has not authorized this application.";
        Self::new(190, message).with_subcode(458)
    }

    pub(super) fn password_changed() -> Self {
        let message = "Error validating access token: The session has been invalidated because the user changed their \
                       password or Facebook has changed the session for security reasons.";
        Self::new(190, message).with_subcode(460)
    }

    /// The person must pass a check on the website first (ours).
    pub(super) fn checkpoint() -> Self {
        let message = "Error validating access token: You cannot access the app till you log in to \
                       www.instagram.com and follow the instructions given.";
        Self::new(190, message).with_subcode(459)
    }

    /// The person no longer has a role on the page (ours).
    pub(super) fn no_page_role() -> Self {
        let message = "Error validating access token: The user does not have a role on the page.";
        Self::new(190, message).with_subcode(492)
    }

    /// 90 days without the person (ours: that such calls fail is known, their words are not).
    pub(super) fn data_access_over() -> Self {
        Self::new(190, "Error validating access token: The app's access to the user's data has expired.")
    }

    pub(super) fn malformed_session() -> Self {
        Self::new(190, "Error validating access token: Session key is malformed.")
    }

    /// A short-lived token where a long-lived one is needed, as an old recording has it.
    pub(super) fn not_long_lived() -> Self {
        let message = "Error validating access token: Session key is malformed because of invalid user id";
        Self::new(190, message)
    }

    pub(super) fn undecryptable() -> Self {
        Self::new(190, "The access token could not be decrypted")
    }

    /// A token nobody issued.
    pub(super) fn unparsable_token() -> Self {
        Self::new(190, "Invalid OAuth access token - Cannot parse access token")
    }

    /// Business Use Case limit of one account.
    pub(super) fn quota() -> Self {
        let message = "(#80002) There have been too many calls to this Instagram account. Wait a bit and try again.";
        Self::new(80002, message)
    }

    pub(super) fn too_much_asked() -> Self {
        let message = "Please reduce the amount of data you're asking for, then retry your request";
        Self::new(1, message).with_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The body, with `trace` as `fbtrace_id`. `subcodes` is the form of `error_subcode` in a 190.
    pub(super) fn body(&self, subcodes: Subcodes, trace: &str) -> Value {
        let mut error = json!({ "message": self.message, "type": self.kind, "code": self.code, "fbtrace_id": trace });
        let subcode = match (self.code, subcodes) {
            (190, Subcodes::Absent) => None,
            (190, Subcodes::Zero) => Some(0),
            _ => self.subcode,
        };
        if let Some(subcode) = subcode {
            error["error_subcode"] = subcode.into();
        }
        if self.transient {
            error["is_transient"] = true.into();
        }
        json!({ "error": error })
    }
}

/// What a 190 says in `error_subcode`: recordings of graph.instagram.com have none or 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Subcodes {
    #[default]
    Absent,
    Zero,
    /// As graph.facebook.com would number it.
    Facebook,
}

/// `Monday, 01-Dec-25 11:00:00 PST`: the platform's own clock face; summer time is left out.
fn pacific(at: Timestamp) -> String {
    let hours_west = FixedOffset::west_opt(8 * 3600).map(|zone| at.with_timezone(&zone).naive_local());
    hours_west.unwrap_or_else(|| at.naive_utc()).format("%A, %d-%b-%y %H:%M:%S PST").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_session_reads_as_recorded() {
        let error =
            GraphError::expired("2025-12-01T19:00:00Z".parse().unwrap(), "2025-12-02T17:00:55Z".parse().unwrap());
        assert_eq!(
            error.body(Subcodes::Zero, "Afake"),
            json!({"error": {
                "message": "Error validating access token: Session has expired on Monday, 01-Dec-25 11:00:00 PST. \
                            The current time is Tuesday, 02-Dec-25 09:00:55 PST.",
                "type": "OAuthException", "code": 190, "error_subcode": 0, "fbtrace_id": "Afake"
            }})
        );
        assert_eq!(error.body(Subcodes::Absent, "")["error"].get("error_subcode"), None);
        assert_eq!(error.body(Subcodes::Facebook, "")["error"]["error_subcode"], 463);
    }

    #[test]
    fn other_subcodes_do_not_depend_on_the_switch() {
        assert_eq!(GraphError::no_object("1").body(Subcodes::Absent, "")["error"]["error_subcode"], 33);
    }
}
