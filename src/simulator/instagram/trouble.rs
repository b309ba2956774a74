//! Errors that a switch orders, whatever the request says.

use super::{
    answer,
    errors::{GraphError, Subcodes},
    limits,
    usage::{APP_USAGE, BUSINESS_USAGE, Usage},
};
use crate::{domain::Timestamp, simulator::Preset};
use axum::http::{HeaderMap, HeaderValue, StatusCode};

/// What a throttle says in its headers.
const THROTTLED: Usage = Usage { percent: 100, minutes: 15 };
/// An answer by name is nobody's own.
const ANY_ACCOUNT: &str = "17841400000000000";

/// What can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    Expired,
    Removed,
    PasswordChanged,
    Checkpoint,
    MalformedSession,
    Undecryptable,
    Unparsable,
    Permission,
    Unsupported,
    AppLimit,
    AppLimitForbidden,
    UserLimit,
    PageLimit,
    CustomLimit,
    Quota,
    Blocked,
    Unknown,
    TooMuch,
    Temporary,
    /// HTTP 500 with an HTML page.
    Html,
}

/// Every trouble by the name a switch calls it.
pub(super) const TROUBLES: [(&str, Trouble); 20] = [
    ("expired", Trouble::Expired),
    ("removed", Trouble::Removed),
    ("password_changed", Trouble::PasswordChanged),
    ("checkpoint", Trouble::Checkpoint),
    ("malformed_session", Trouble::MalformedSession),
    ("undecryptable", Trouble::Undecryptable),
    ("unparsable", Trouble::Unparsable),
    ("permission", Trouble::Permission),
    ("unsupported", Trouble::Unsupported),
    ("app_limit", Trouble::AppLimit),
    ("app_limit_forbidden", Trouble::AppLimitForbidden),
    ("user_limit", Trouble::UserLimit),
    ("page_limit", Trouble::PageLimit),
    ("custom_limit", Trouble::CustomLimit),
    ("quota", Trouble::Quota),
    ("blocked", Trouble::Blocked),
    ("unknown", Trouble::Unknown),
    ("too_much", Trouble::TooMuch),
    ("temporary", Trouble::Temporary),
    ("html", Trouble::Html),
];

impl Trouble {
    /// Whether it is over by itself before anybody does something.
    pub(super) const fn passes(self) -> bool {
        matches!(self, Self::Unknown | Self::Temporary | Self::Html | Self::UserLimit | Self::Quota)
    }

    /// As an answer of its own, with the usage headers of a throttle.
    pub(super) fn preset(self, now: Timestamp) -> Preset {
        let Some(error) = self.error(now) else {
            return Preset { status: 500, headers: Vec::new(), body: answer::HTML_500.into() };
        };
        let mut headers = HeaderMap::new();
        self.throttle(ANY_ACCOUNT, &mut headers);
        let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let names = [APP_USAGE, BUSINESS_USAGE].into_iter();
        let headers = names.filter_map(|name| Some((name, text(headers.get(name)?)))).collect();
        Preset { status: error.status.as_u16(), headers, body: error.body(Subcodes::Facebook, "ApresetOfTheSimulator") }
    }

    /// Says in the headers of a throttle that everything is used up.
    pub(super) fn throttle(self, account: &str, headers: &mut HeaderMap) {
        match self {
            Self::AppLimit | Self::AppLimitForbidden | Self::UserLimit | Self::PageLimit | Self::CustomLimit => {
                THROTTLED.app_header(headers);
            }
            Self::Quota => THROTTLED.business_header(account, headers),
            _ => {}
        }
    }

    /// The Graph error; `None` for the HTML page.
    pub(super) fn error(self, now: Timestamp) -> Option<GraphError> {
        let internal = StatusCode::INTERNAL_SERVER_ERROR;
        Some(match self {
            Self::Expired => GraphError::expired(now - chrono::Duration::hours(1), now),
            Self::Removed => GraphError::removed(),
            Self::PasswordChanged => GraphError::password_changed(),
            Self::Checkpoint => GraphError::checkpoint(),
            Self::MalformedSession => GraphError::malformed_session(),
            Self::Undecryptable => GraphError::undecryptable(),
            Self::Unparsable => GraphError::unparsable_token(),
            Self::Permission => GraphError::no_permission(),
            Self::Unsupported => GraphError::unsupported("get"),
            Self::AppLimit => limits::refusal(4),
            // The one throttle that was also seen with another status than 400.
            Self::AppLimitForbidden => limits::refusal(4).with_status(StatusCode::FORBIDDEN),
            Self::UserLimit => limits::refusal(17),
            Self::PageLimit => limits::refusal(32),
            Self::CustomLimit => limits::refusal(613),
            Self::Quota => GraphError::quota(),
            Self::Blocked => {
                GraphError::new(368, "The action attempted has been deemed abusive or is otherwise disallowed")
            }
            Self::Unknown => GraphError::new(1, "An unknown error has occurred.").with_status(internal),
            Self::TooMuch => GraphError::too_much_asked(),
            Self::Temporary => {
                let message = "An unexpected error has occurred. Please retry your request later.";
                GraphError { transient: true, ..GraphError::new(2, message).with_status(internal) }
            }
            Self::Html => return None,
        })
    }
}

/// A trouble that waits for requests.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Armed(Option<(Trouble, Option<u32>)>);

impl Armed {
    /// `none`, a name from [`TROUBLES`], or `name:3` for three requests.
    pub(super) fn parse(value: &str) -> Option<Self> {
        if value == "none" {
            return Some(Self(None));
        }
        let (name, times) = match value.split_once(':') {
            Some((name, times)) => (name, Some(times.parse().ok().filter(|times| *times > 0)?)),
            None => (value, None),
        };
        let (_, trouble) = TROUBLES.iter().find(|(known, _)| *known == name)?;
        Some(Self(Some((*trouble, times))))
    }

    /// What happens to this request, if anything.
    pub(super) fn draw(&mut self) -> Option<Trouble> {
        let (trouble, times) = self.0?;
        match times {
            Some(1) => self.0 = None,
            Some(more) => self.0 = Some((trouble, Some(more - 1))),
            None => {}
        }
        Some(trouble)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_armed_trouble_counts_down() {
        let mut armed = Armed::parse("quota:2").unwrap();
        assert_eq!([armed.draw(), armed.draw(), armed.draw()], [Some(Trouble::Quota), Some(Trouble::Quota), None]);
        let mut armed = Armed::parse("html").unwrap();
        assert_eq!([armed.draw(), armed.draw()], [Some(Trouble::Html); 2]);
        for bad in ["", "nothing", "quota:", "quota:0", "quota:x"] {
            assert!(Armed::parse(bad).is_none(), "{bad}");
        }
    }
}
