//! Every word that an account's health can be explained by, who acts on it, and what to do. The one list behind the
//! README's section "When something needs you".

use std::fmt;

/// Who can end a trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// It passes.
    Nobody,
    /// Whoever connects accounts in nchat.
    Administrator,
    /// Whoever runs this service.
    Operator,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "nobody",
            Self::Administrator => "an administrator",
            Self::Operator => "the operator",
        })
    }
}

/// A code as `health_code` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The stable word.
    pub code: &'static str,
    /// The account's health once the trouble has lasted or was confirmed.
    pub health: &'static str,
    /// Who acts then.
    pub who: Who,
    /// What to do, as a sentence.
    pub what_to_do: &'static str,
}

const fn trouble(code: &'static str, health: &'static str, who: Who, what_to_do: &'static str) -> Trouble {
    Trouble { code, health, who, what_to_do }
}

use Who::{Administrator, Nobody, Operator};

/// Every code that an account can have, by who acts.
pub const TROUBLES: &[Trouble] = &[
    trouble("revoked", "needs_reconnect", Administrator, "Reconnect the account."),
    trouble("token_rejected", "needs_reconnect", Administrator, "Reconnect the account."),
    trouble(
        "missing_scope",
        "needs_reconnect",
        Administrator,
        "Reconnect the account and allow everything that is asked for.",
    ),
    trouble("tokens_unreadable", "needs_reconnect", Administrator, "Reconnect the account."),
    trouble(
        "disconnected",
        "needs_reconnect",
        Administrator,
        "Connect the account again if its posts are to be imported.",
    ),
    trouble("not_connected", "needs_reconnect", Administrator, "Connect the account to import its posts."),
    trouble(
        "deletion_requested",
        "needs_reconnect",
        Nobody,
        "Nothing: its owner asked the platform to have it deleted, and it will be gone soon.",
    ),
    trouble(
        "account_gone",
        "paused",
        Administrator,
        "Look at the account at the platform: it is suspended, protected or deleted.",
    ),
    trouble(
        "refused",
        "paused",
        Administrator,
        "Do what the message says; connect the account again if it was the login that was refused.",
    ),
    trouble("app_rejected", "paused", Operator, "Mend the settings of the platform's app that the message names."),
    trouble("key_missing", "paused", Operator, "Add the missing key to SOCIAL_MEDIA_ENCRYPTION_KEY and restart."),
    trouble(
        "usage_capped",
        "paused",
        Operator,
        "Buy credits or raise the limit in the platform's console, or wait for its next cycle.",
    ),
    trouble(
        "budget_reached",
        "paused",
        Operator,
        "Nothing: reading goes on at 00:00 UTC; raise SOCIAL_X_DAILY_BUDGET_USD if it comes daily.",
    ),
    trouble("rate_limited", "connected", Nobody, "Nothing: the next poll is when the platform allows it."),
    trouble("upstream", "degraded", Nobody, "Nothing: the platform failed and is asked again after growing pauses."),
    trouble(
        "network",
        "degraded",
        Nobody,
        "Nothing at first; if it stays, the operator looks at this machine's name resolution, firewall and proxy.",
    ),
    trouble("unreadable", "degraded", Operator, "Update this program; if it is the newest, report the message."),
    trouble("import_failed", "degraded", Operator, "Look into this service's log; nothing is lost, it is tried again."),
];

/// The states of an account, each with what it asks of people.
pub const STATES: &[(&str, &str)] = &[
    ("connected", "Nothing: all is well, or a limit of the platform's is waited for."),
    ("degraded", "Nothing yet: polls fail in a row, or a refusal is confirmed; the code says what is waited for."),
    ("paused", "The connection is good, but nothing is read: the code says who ends that."),
    ("needs_reconnect", "An administrator connects the account again; history, integrations and place are kept."),
];

impl Trouble {
    /// A person is told in a channel once it has lasted. An administrator's own doing is known to whoever did it.
    pub fn alarms(&self) -> bool {
        self.who != Nobody && !matches!(self.code, "disconnected" | "not_connected")
    }
}

/// What an account of this `health`, explained by `code`, asks of people, as a sentence. A code whose trouble has not
/// lasted yet asks for nothing of its own.
pub fn what_to_do(health: &str, code: Option<&str>) -> &'static str {
    let lasting = code.and_then(trouble_of).filter(|trouble| trouble.health == health);
    let of_state = || STATES.iter().find(|(state, _)| *state == health).map_or("", |(_, what_to_do)| what_to_do);
    lasting.map_or_else(of_state, |trouble| trouble.what_to_do)
}

/// What is known of `code`.
pub fn trouble_of(code: &str) -> Option<&'static Trouble> {
    TROUBLES.iter().find(|trouble| trouble.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_listed_once_with_a_state_that_exists() {
        for trouble in TROUBLES {
            assert_eq!(trouble_of(trouble.code), Some(trouble), "{} is listed twice", trouble.code);
            assert!(STATES.iter().any(|(state, _)| *state == trouble.health), "{trouble:?}");
            assert!(trouble.what_to_do.ends_with('.'), "{trouble:?}");
        }
        assert_eq!(trouble_of("no_such_code"), None);
    }

    #[test]
    fn what_to_do_is_said_for_the_state_until_a_trouble_has_lasted() {
        for (health, code, begins) in [
            ("connected", None, "Nothing: all is well"),
            ("connected", Some("rate_limited"), "Nothing: the next poll"),
            ("connected", Some("upstream"), "Nothing: all is well"),
            ("degraded", Some("revoked"), "Nothing yet"),
            ("needs_reconnect", Some("revoked"), "Reconnect the account."),
            ("needs_reconnect", Some("a_newer_word"), "An administrator connects the account again"),
            ("paused", Some("usage_capped"), "Buy credits"),
        ] {
            let said = what_to_do(health, code);
            assert!(said.starts_with(begins), "{health}, {code:?}: {said}");
        }
    }

    #[test]
    fn whoever_must_act_is_told_and_nobody_else() {
        for (code, alarms) in [
            ("revoked", true),
            ("account_gone", true),
            ("usage_capped", true),
            ("app_rejected", true),
            ("disconnected", false),
            ("not_connected", false),
            ("deletion_requested", false),
            ("rate_limited", false),
            ("network", false),
        ] {
            assert_eq!(trouble_of(code).map(Trouble::alarms), Some(alarms), "{code}");
        }
    }

    #[test]
    fn whoever_must_reconnect_is_an_administrator() {
        for trouble in TROUBLES.iter().filter(|trouble| trouble.health == "needs_reconnect") {
            assert_ne!(trouble.who, Operator, "{trouble:?}");
        }
    }
}
