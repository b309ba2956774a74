//! Errors that a switch orders, whatever the request says.

use super::errors::GraphError;
use crate::domain::Timestamp;
use axum::http::StatusCode;

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
pub(super) const TROUBLES: [(&str, Trouble); 19] = [
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
            // The one throttle that was also seen with HTTP 403.
            Self::AppLimit => {
                GraphError::new(4, "(#4) Application request limit reached").with_status(StatusCode::FORBIDDEN)
            }
            Self::UserLimit => GraphError::new(17, "(#17) User request limit reached"),
            Self::PageLimit => GraphError::new(32, "(#32) Page request limit reached"),
            Self::CustomLimit => GraphError::new(613, "(#613) Calls to this api have exceeded the rate limit."),
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
