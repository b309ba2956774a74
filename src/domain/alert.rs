//! What administrators are told in a channel: once when somebody is needed, once when it is over, and before a login
//! ends. Words only; who was told what is kept by the store.

use super::{
    Platform, Timestamp,
    health::{TROUBLES, Who, trouble_of},
};

/// So many days before a login ends for good it is told, each once.
pub const REMINDER_DAYS: [i32; 3] = [14, 7, 1];

/// So many accounts are named in one message.
const NAMED: usize = 10;

/// Words that a person caused and knows of, or that end by themselves at a known time.
const EXPECTED: [&str; 3] = ["disconnected", "not_connected", "budget_reached"];

/// Codes of one account that an administrator must act on.
pub fn account_codes() -> Vec<&'static str> {
    codes(Who::Administrator)
}

/// Codes that stop every account of a platform until the operator acts.
pub fn platform_codes() -> Vec<&'static str> {
    codes(Who::Operator)
}

fn codes(who: Who) -> Vec<&'static str> {
    let stops = |health: &str| matches!(health, "needs_reconnect" | "paused");
    let told = TROUBLES.iter().filter(|trouble| trouble.who == who && stops(trouble.health));
    told.map(|trouble| trouble.code).filter(|code| !EXPECTED.contains(code)).collect()
}

/// An account as it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its name at the platform.
    pub name: String,
    /// Its handle without `@`.
    pub handle: Option<String>,
}

/// Something to tell in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alert {
    /// Accounts need an administrator.
    Accounts {
        /// Where they are.
        platform: Platform,
        /// The stable word for why.
        code: String,
        /// Why, as a sentence; the same for all, or `None`.
        why: Option<String>,
        /// Which.
        accounts: Vec<Named>,
    },
    /// They work again.
    AccountsSolved {
        /// Where they are.
        platform: Platform,
        /// Which.
        accounts: Vec<Named>,
    },
    /// Nothing is read from a platform.
    Platform {
        /// Which.
        platform: Platform,
        /// The stable word for why.
        code: String,
        /// Why, as a sentence.
        why: Option<String>,
    },
    /// It is read again.
    PlatformSolved {
        /// Which.
        platform: Platform,
    },
    /// A login ends for good.
    Reminder {
        /// Where.
        platform: Platform,
        /// When.
        ends_at: Timestamp,
        /// The accounts that are read with it.
        accounts: Vec<Named>,
    },
}

impl Alert {
    /// The message, as plain text. `page` is where an administrator acts.
    pub fn text(&self, now: Timestamp, page: &str) -> String {
        match self {
            Self::Accounts { platform, code, why, accounts } => {
                let (who, verb) = subject(*platform, accounts, "needs", "need");
                let to_do = trouble_of(code).map_or("", |trouble| trouble.what_to_do);
                let parts = [
                    format!("⚠️ {who} {verb} attention ({code}): no posts are imported."),
                    why.as_deref().map(sentence).unwrap_or_default(),
                    to_do.to_owned(),
                    page.to_owned(),
                ];
                joined(&parts)
            }
            Self::AccountsSolved { platform, accounts } => {
                let (who, verb) = subject(*platform, accounts, "works", "work");
                format!("✅ {who} {verb} again.")
            }
            Self::Platform { platform, code, why } => {
                let name = platform.brand().name;
                let to_do = trouble_of(code).map_or("", |trouble| trouble.what_to_do);
                let parts = [
                    format!("⚠️ No posts are imported from {name} ({code}). Whoever runs the service must act."),
                    why.as_deref().map(sentence).unwrap_or_default(),
                    to_do.to_owned(),
                    "Nothing is lost: what is published meanwhile follows.".to_owned(),
                ];
                joined(&parts)
            }
            Self::PlatformSolved { platform } => format!("✅ Posts are imported from {} again.", platform.brand().name),
            Self::Reminder { platform, ends_at, accounts } => {
                let (who, verb) = subject(*platform, accounts, "needs", "need");
                let when = ends_at.format("%Y-%m-%d %H:%M UTC");
                format!(
                    "⏳ {who} {verb} a new login before {when} ({}): {} ends it then. An administrator reconnects it at {page}",
                    left(*ends_at - now),
                    platform.brand().name
                )
            }
        }
    }
}

/// `LinkedIn: Acme (@acme) and 2 more`, and the verb that goes with it.
fn subject<'a>(platform: Platform, accounts: &[Named], one: &'a str, many: &'a str) -> (String, &'a str) {
    let named: Vec<String> = accounts
        .iter()
        .take(NAMED)
        .map(|account| match &account.handle {
            Some(handle) => format!("“{}” (@{handle})", account.name),
            None => format!("“{}”", account.name),
        })
        .collect();
    let more = accounts.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let verb = if accounts.len() == 1 { one } else { many };
    (format!("{} {}{more}", platform.brand().name, named.join(", ")), verb)
}

fn left(left: chrono::Duration) -> String {
    match left.num_hours() {
        hours if hours < 48 => format!("in {} h", hours.max(0)),
        hours => format!("in {} days", (hours + 12) / 24),
    }
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

fn joined(parts: &[String]) -> String {
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(count: usize) -> Vec<Named> {
        (1..=count).map(|n| Named { name: format!("Acme {n}"), handle: (n == 1).then(|| "acme".into()) }).collect()
    }

    fn text(alert: &Alert) -> String {
        alert
            .text(Timestamp::from_timestamp(1_800_000_000, 0).expect("a time"), "https://chat.example.com/admin/social")
    }

    #[test]
    fn what_somebody_did_on_purpose_alarms_nobody() {
        let (accounts, platforms) = (account_codes(), platform_codes());
        assert!(accounts.contains(&"revoked") && accounts.contains(&"account_gone"), "{accounts:?}");
        assert!(platforms.contains(&"app_rejected") && platforms.contains(&"usage_capped"), "{platforms:?}");
        for code in EXPECTED.into_iter().chain(["deletion_requested", "rate_limited", "upstream"]) {
            assert!(!accounts.contains(&code) && !platforms.contains(&code), "{code}");
        }
    }

    #[test]
    fn a_message_says_who_why_and_what_to_do() {
        let why = Some("Its owner removed this app".to_owned());
        let alert = Alert::Accounts { platform: Platform::Twitter, code: "revoked".into(), why, accounts: named(1) };
        assert_eq!(
            text(&alert),
            "⚠️ X “Acme 1” (@acme) needs attention (revoked): no posts are imported. Its owner removed this app. \
             Reconnect the account. https://chat.example.com/admin/social"
        );
        let solved = Alert::AccountsSolved { platform: Platform::Twitter, accounts: named(2) };
        assert_eq!(text(&solved), "✅ X “Acme 1” (@acme), “Acme 2” work again.");
    }

    #[test]
    fn many_accounts_are_one_message_of_bounded_length() {
        let alert =
            Alert::Accounts { platform: Platform::Linkedin, code: "revoked".into(), why: None, accounts: named(5_000) };
        let text = text(&alert);
        assert!(text.contains("“Acme 10” and 4990 more need attention") && text.len() < 500, "{text}");
    }

    #[test]
    fn a_reminder_counts_in_days_and_at_last_in_hours() {
        let at = |hours: i64| {
            let ends_at = Timestamp::from_timestamp(1_800_000_000 + hours * 3600, 0).expect("a time");
            text(&Alert::Reminder { platform: Platform::Linkedin, ends_at, accounts: named(2) })
        };
        assert!(at(14 * 24 - 1).contains("in 14 days") && at(24).contains("in 24 h") && at(-1).contains("in 0 h"));
    }
}
