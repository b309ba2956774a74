//! What tests and people may turn: wherever sources disagree about the platform, or something can go wrong.

use super::{
    errors::Subcodes,
    facebook::{self, Peculiar},
    grants::SCOPES,
    limits::{LIMITS, Quotas},
    trouble::Armed,
};
use std::collections::BTreeSet;

/// How a list of granted scopes is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Permissions {
    #[default]
    Array,
    Text,
    Absent,
}

/// Which usage headers an answer carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct UsageHeaders {
    pub app: bool,
    pub business: bool,
}

/// Every switch's name, its values for people (the default first), and what it does.
pub(super) const SWITCHES: [(&str, &str, &str); 37] = [
    ("token_form", "flat | wrapped", "the code exchange answers an object, or one inside data"),
    ("user_id", "number | string", "user_id of the code exchange"),
    ("token_user_id", "scoped | professional", "which of the account's two ids that is"),
    ("permissions", "array | string | absent", "permissions of the code exchange"),
    ("untick", "none | SCOPE,SCOPE", "scopes that the person does not grant"),
    ("redirect_uri", "any | URI", "the one registered redirect URI"),
    ("refreshed_token", "new | same", "whether a refresh changes the token"),
    ("me_form", "flat | wrapped", "a profile is an object, or one inside data"),
    ("me_user_id", "string | number", "user_id of a profile"),
    ("time_filter", "honoured | ignored", "since and until of the media list"),
    ("pinned_first", "off | on", "posts with extra.pinned come before newer ones"),
    ("short_pages", "off | on", "pages end early although more follows"),
    ("heavy_above", "off | N", "a limit above N is too much data (code 1)"),
    ("cdn", "real | local", "media URLs of the platform's look, or of the simulator"),
    ("usage_headers", "business | app | both | none", "which usage headers answers carry"),
    ("usage", "counted | PERCENT", "the percentage in them"),
    ("quota", "unlimited | N", "calls per account in 24 hours before 80002"),
    ("app_quota", "unlimited | N", "all calls in an hour before code 4"),
    ("user_quota", "unlimited | N", "calls by one person's tokens in an hour before code 17"),
    ("page_quota", "unlimited | N", "calls by one page's tokens in an hour before code 32"),
    ("custom_quota", "unlimited | N", "all calls in an hour before code 613"),
    ("impressions", "unlimited | N", "the same as a quota of 4800 times N"),
    ("tester", "accepted | pending", "whether the account accepted the app's invitation"),
    ("subcode", "absent | zero | facebook", "error_subcode of a 190"),
    ("content_type", "json | javascript", "the media type of answers"),
    ("client_secret", "known | changed", "the apps' secrets were changed at the platform"),
    ("hidden_pages", "none | ID,ID", "Facebook Login: accounts whose pages are missing from /me/accounts"),
    ("lost_pages", "none | ID,ID", "accounts on whose pages the person has no role any more"),
    ("tokenless_pages", "none | ID,ID", "accounts whose pages come without a token"),
    ("lone_pages", "0 | N", "so many pages have no Instagram account"),
    ("proof", "optional | required", "whether calls need appsecret_proof"),
    ("user_token", "short | long", "what the code exchange of Facebook Login gives"),
    ("expires_in", "given | absent", "whether its long-lived token says when it ends"),
    ("granular", "targets | absent", "whether granular_scopes name what they reach"),
    ("fault", "none | NAME | NAME:TIMES", "reads fail"),
    ("exchange_fault", "none | NAME | NAME:TIMES", "the exchange for a long-lived token fails"),
    ("refresh_fault", "none | NAME | NAME:TIMES", "refreshes fail"),
];

/// The largest quota that is counted call by call.
const MAX_QUOTA: usize = 100_000;
/// More pages than this are a mistake of the caller.
const MAX_LONE_PAGES: usize = 1000;
/// Calls per impression in 24 hours.
const CALLS_PER_IMPRESSION: usize = 4800;

/// The switches' positions.
#[derive(Clone, Debug, Default)]
pub(super) struct Switches {
    pub token_wrapped: bool,
    pub token_user_id_text: bool,
    pub token_user_id_professional: bool,
    pub permissions: Permissions,
    pub untick: Vec<&'static str>,
    pub redirect_uri: Option<String>,
    pub same_token: bool,
    pub me_wrapped: bool,
    pub me_user_id_number: bool,
    pub time_filter_ignored: bool,
    pub pinned_first: bool,
    pub short_pages: bool,
    pub heavy_above: Option<usize>,
    pub cdn_local: bool,
    pub usage_headers: Option<UsageHeaders>,
    pub usage: Option<u64>,
    pub quota: Option<usize>,
    pub quotas: Quotas,
    pub tester_pending: bool,
    pub secret_changed: bool,
    pub pages: Peculiar,
    pub proof_required: bool,
    pub user_token_long: bool,
    pub expires_in_absent: bool,
    pub granular_absent: bool,
    pub subcodes: Subcodes,
    pub javascript: bool,
    pub fault: Armed,
    pub exchange_fault: Armed,
    pub refresh_fault: Armed,
}

impl Switches {
    /// Turns the switch `name` to `value`. The error lists what there is.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let Some((_, values, _)) = SWITCHES.iter().find(|(known, ..)| *known == name) else {
            let known: Vec<_> =
                SWITCHES.iter().map(|(name, values, what)| format!("{name} = {values} ({what})")).collect();
            return Err(format!("unknown switch {name:?}: use {}", known.join("; ")));
        };
        self.turn(name, value).ok_or_else(|| {
            let mut sentence = format!("{name} cannot be {value:?}: use {values}");
            if values.contains("NAME") {
                let names: Vec<_> = super::trouble::TROUBLES.iter().map(|(name, _)| *name).collect();
                sentence.push_str(&format!("; names: {}", names.join(", ")));
            }
            sentence
        })
    }

    fn turn(&mut self, name: &str, value: &str) -> Option<()> {
        let value = value.trim();
        let two = |off: &str, on: &str| (value == on || value == off).then_some(value == on);
        match name {
            "token_form" => self.token_wrapped = two("flat", "wrapped")?,
            "user_id" => self.token_user_id_text = two("number", "string")?,
            "token_user_id" => self.token_user_id_professional = two("scoped", "professional")?,
            "permissions" => {
                self.permissions = match value {
                    "array" => Permissions::Array,
                    "string" => Permissions::Text,
                    "absent" => Permissions::Absent,
                    _ => return None,
                }
            }
            "untick" => self.untick = if value == "none" { Vec::new() } else { scopes(value)? },
            "redirect_uri" => self.redirect_uri = unless(value, "any", |uri| url::Url::parse(&uri).ok().map(|_| uri))?,
            "refreshed_token" => self.same_token = two("new", "same")?,
            "me_form" => self.me_wrapped = two("flat", "wrapped")?,
            "me_user_id" => self.me_user_id_number = two("string", "number")?,
            "time_filter" => self.time_filter_ignored = two("honoured", "ignored")?,
            "pinned_first" => self.pinned_first = two("off", "on")?,
            "short_pages" => self.short_pages = two("off", "on")?,
            "heavy_above" => self.heavy_above = unless(value, "off", |n| n.parse().ok())?,
            "cdn" => self.cdn_local = two("real", "local")?,
            "usage_headers" => {
                let (app, business) = match value {
                    "business" => (false, true),
                    "app" => (true, false),
                    "both" => (true, true),
                    "none" => (false, false),
                    _ => return None,
                };
                self.usage_headers = Some(UsageHeaders { app, business });
            }
            "usage" => self.usage = unless(value, "counted", |n| n.parse().ok())?,
            "quota" => self.quota = unless(value, "unlimited", |n| quota(&n, 1))?,
            "impressions" => self.quota = unless(value, "unlimited", |n| quota(&n, CALLS_PER_IMPRESSION))?,
            "client_secret" => self.secret_changed = two("known", "changed")?,
            "hidden_pages" => self.pages.hidden = ids(value)?,
            "lost_pages" => self.pages.lost = ids(value)?,
            "tokenless_pages" => self.pages.tokenless = ids(value)?,
            "lone_pages" => self.pages.lone = value.parse().ok().filter(|count| *count <= MAX_LONE_PAGES)?,
            "proof" => self.proof_required = two("optional", "required")?,
            "user_token" => self.user_token_long = two("short", "long")?,
            "expires_in" => self.expires_in_absent = two("given", "absent")?,
            "granular" => self.granular_absent = two("targets", "absent")?,
            "tester" => self.tester_pending = two("accepted", "pending")?,
            "subcode" => {
                self.subcodes = match value {
                    "absent" => Subcodes::Absent,
                    "zero" => Subcodes::Zero,
                    "facebook" => Subcodes::Facebook,
                    _ => return None,
                }
            }
            "content_type" => self.javascript = two("json", "javascript")?,
            "fault" => self.fault = Armed::parse(value)?,
            "exchange_fault" => self.exchange_fault = Armed::parse(value)?,
            "refresh_fault" => self.refresh_fault = Armed::parse(value)?,
            name => {
                let limit = LIMITS.iter().position(|(known, ..)| *known == name)?;
                self.quotas[limit] = unless(value, "unlimited", |n| quota(&n, 1))?;
            }
        }
        Some(())
    }

    /// Which usage headers answers carry.
    pub(super) fn usage_headers(&self) -> UsageHeaders {
        self.usage_headers.unwrap_or(UsageHeaders { app: false, business: true })
    }
}

/// `Some(None)` for the word that means nothing is set, `None` for a value that cannot be read.
fn unless<T>(value: &str, nothing: &str, read: impl Fn(String) -> Option<T>) -> Option<Option<T>> {
    if value == nothing { Some(None) } else { read(value.to_owned()).map(Some) }
}

fn quota(count: &str, each: usize) -> Option<usize> {
    count.parse::<usize>().ok()?.checked_mul(each).filter(|quota| *quota <= MAX_QUOTA)
}

fn scopes(list: &str) -> Option<Vec<&'static str>> {
    let known = || SCOPES.into_iter().chain(facebook::SCOPES);
    list.split(',').map(|asked| known().find(|scope| *scope == asked.trim())).collect()
}

/// Professional ids.
fn ids(list: &str) -> Option<BTreeSet<String>> {
    if list == "none" {
        return Some(BTreeSet::new());
    }
    list.split(',').map(|id| id.trim().parse::<u64>().ok().map(|id| id.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_takes_the_values_it_names_and_no_other() {
        for (name, values, _) in SWITCHES {
            for value in values.split(" | ") {
                let value = match value {
                    "N" | "PERCENT" => "7",
                    "URI" => "https://app.example/callback",
                    "ID,ID" => "17841400000000001,17841400000000002",
                    "SCOPE,SCOPE" => "instagram_business_basic,instagram_business_manage_comments",
                    "NAME" => "quota",
                    "NAME:TIMES" => "quota:3",
                    word => word,
                };
                assert_eq!(Switches::default().set(name, value), Ok(()), "{name} = {value}");
            }
            assert!(Switches::default().set(name, "no such value").is_err(), "{name}");
        }
    }

    #[test]
    fn an_unknown_switch_is_answered_with_the_known() {
        let sentence = Switches::default().set("token_shape", "flat").unwrap_err();
        assert!(SWITCHES.iter().all(|(name, ..)| sentence.contains(name)), "{sentence}");
        let sentence = Switches::default().set("fault", "flood").unwrap_err();
        assert!(sentence.contains("app_limit"), "{sentence}");
    }
}
