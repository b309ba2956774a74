//! What a channel is told when somebody must act, when that is over, and before a login ends. Plain text; what comes from
//! outside is made harmless.

use super::{
    Platform, Timestamp,
    health::{Who, trouble_of},
    text::{disarm_pings, one_line, shorten},
};
use std::fmt::Write;

/// So many accounts are named; the others are counted.
const MOST_NAMES: usize = 10;

/// A name may be this long.
const LONGEST_NAME: usize = 80;

/// What the platform said may be this long.
const LONGEST_WHY: usize = 300;

/// Days before the end of a login at which it is reminded of.
pub const REMIND_DAYS: [i32; 3] = [14, 7, 1];

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Somebody must act.
    Begun,
    /// Nobody need act any more.
    Over,
    /// The login ends then, and only a person can prolong it.
    Ends(Timestamp),
}

/// A message to be.
#[derive(Clone, Copy, Debug)]
pub struct Alert<'a> {
    /// What is told.
    pub news: News,
    /// Where the accounts are.
    pub platform: Platform,
    /// The trouble's stable word.
    pub code: &'a str,
    /// The accounts' names; none: the platform's trouble is every account's.
    pub accounts: &'a [String],
    /// Why, in the service's words.
    pub why: &'a str,
    /// The page on which an administrator acts.
    pub page: &'a str,
}

impl Alert<'_> {
    /// The message.
    pub fn text(&self) -> String {
        let platform = self.platform.brand().name;
        let whose = match self.accounts {
            [] => platform.to_owned(),
            names => format!("{platform}, {}", listed(names)),
        };
        let trouble = trouble_of(self.code);
        let mut text = match self.news {
            News::Over => return format!("{whose}: solved. Posts are imported again."),
            News::Ends(at) => {
                return format!(
                    "{whose}: the login ends on {} (UTC), and no renewal prolongs it.\n\
                     What to do: an administrator connects again before then, so that no post is missed: {}",
                    at.format("%-d %B %Y at %H:%M"),
                    self.page
                );
            }
            News::Begun if trouble.is_some_and(|trouble| trouble.health == "needs_reconnect") => {
                format!("{whose}: no posts are imported any more, for the connection is lost ({}).", self.code)
            }
            News::Begun => format!("{whose}: no posts are imported for now ({}).", self.code),
        };
        if !self.why.is_empty() {
            let why = shorten(&one_line(self.why), LONGEST_WHY);
            let _ = write!(text, "\nWhy: {}", disarm_pings(&why));
        }
        if let Some(trouble) = trouble {
            let _ = write!(text, "\nWho acts: {}. {}", trouble.who, trouble.what_to_do);
        }
        if trouble.is_none_or(|trouble| trouble.who == Who::Administrator) {
            let _ = write!(text, "\nWhere: {}", self.page);
        }
        text
    }
}

/// Names in a row, made harmless; of many the first.
fn listed(names: &[String]) -> String {
    let named = names.iter().take(MOST_NAMES).map(|name| {
        let name = shorten(&one_line(name), LONGEST_NAME);
        disarm_pings(&name).into_owned()
    });
    let mut list = named.collect::<Vec<_>>().join(", ");
    if names.len() > MOST_NAMES {
        let _ = write!(list, " and {} more", names.len() - MOST_NAMES);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert<'a>(news: News, code: &'a str, accounts: &'a [String], why: &'a str) -> Alert<'a> {
        Alert { news, platform: Platform::Twitter, code, accounts, why, page: "https://chat.example.com/admin/social" }
    }

    #[test]
    fn an_account_that_needs_somebody_is_told_of_with_all_that_is_needed() {
        let names = ["Acme (@acme)".to_owned()];
        let text = alert(News::Begun, "revoked", &names, "X refused the login").text();
        assert_eq!(
            text,
            "X, Acme (@acme): no posts are imported any more, for the connection is lost (revoked).\n\
             Why: X refused the login\n\
             Who acts: an administrator. Reconnect the account.\n\
             Where: https://chat.example.com/admin/social"
        );
        assert_eq!(
            alert(News::Over, "revoked", &names, "").text(),
            "X, Acme (@acme): solved. Posts are imported again."
        );
    }

    #[test]
    fn a_platforms_trouble_is_the_operators_and_names_no_account() {
        let text = alert(News::Begun, "usage_capped", &[], "no credits left").text();
        assert_eq!(
            text,
            "X: no posts are imported for now (usage_capped).\nWhy: no credits left\n\
             Who acts: the operator. Buy credits or raise the limit in the platform's console, or wait for its next cycle."
        );
    }

    #[test]
    fn a_reminder_says_when_and_where() {
        let at = "2026-12-03T04:05:06Z".parse().expect("a time");
        let text = alert(News::Ends(at), "login_ends", &["A".to_owned(), "B".to_owned()], "").text();
        assert!(text.starts_with("X, A, B: the login ends on 3 December 2026 at 04:05 (UTC)"), "{text}");
        assert!(text.ends_with("https://chat.example.com/admin/social"), "{text}");
    }

    #[test]
    fn names_from_outside_call_nobody_and_stay_short() {
        let names: Vec<String> = (0..12).map(|n| format!("@everyone\n{n}{}", "x".repeat(500))).collect();
        let text = alert(News::Over, "revoked", &names, "").text();
        assert!(text.contains(" and 2 more: solved"), "{text}");
        assert!(!text.contains("@everyone") && !text.contains('\n'), "{text}");
        assert!(text.chars().count() < 1_000, "{}", text.len());
    }
}
