//! Reads single settings and collects what is wrong with them.

use super::describe::{Found, find};
use super::settings::Setting;
use super::{Env, Problem, Problems};
use crate::domain::Usd;
use secrecy::{ExposeSecret, SecretString};
use std::fmt::Display;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use url::{Host, Url};

const DOLLARS: &str = "must be a sum in US dollars such as 0.005: digits, and at most six more behind a point";

/// The setting cannot be used; the problem is on the reader's list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused;

/// The environment, and the problems found so far.
pub(super) struct Reader<'a> {
    env: Env<'a>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(env: Env<'a>) -> Self {
        Self { env, problems: Vec::new() }
    }

    /// `value`, or everything that was refused on the way.
    pub(super) fn finish<T>(self, value: Result<T, Refused>) -> Result<T, Problems> {
        match value {
            Ok(value) if self.problems.is_empty() => Ok(value),
            _ => Err(Problems(self.problems)),
        }
    }

    /// Puts a problem on the list. `value` is shown: never a secret.
    pub(super) fn refuse(&mut self, name: &str, value: Option<&str>, advice: impl Display) -> Refused {
        let value = value.map(str::to_owned);
        self.problems.push(Problem { name: name.to_owned(), value, advice: advice.to_string() });
        Refused
    }

    /// The value as given, or its default; `None` when there is neither.
    pub(super) fn optional(&mut self, name: &'static str) -> Result<Option<String>, Refused> {
        let setting = Setting::named(name);
        debug_assert!(!setting.secret, "{name} is a secret");
        find(setting, self.env).map(Found::into_value).map_err(|problem| self.keep(problem))
    }

    /// The value as given, or its default.
    pub(super) fn text(&mut self, name: &'static str) -> Result<String, Refused> {
        self.optional(name)?.ok_or_else(|| self.refuse(name, None, "is needed"))
    }

    /// A secret, from the variable or from the file that NAME_FILE names.
    pub(super) fn secret(&mut self, name: &'static str) -> Result<Option<SecretString>, Refused> {
        let setting = Setting::named(name);
        debug_assert!(setting.secret, "{name} is not a secret");
        let found = find(setting, self.env).map_err(|problem| self.keep(problem))?;
        Ok(found.into_value().map(SecretString::from))
    }

    /// A secret that there must be.
    pub(super) fn required_secret(&mut self, name: &'static str, advice: &str) -> Result<SecretString, Refused> {
        self.secret(name)?.ok_or_else(|| self.refuse(name, None, advice))
    }

    /// A value of any type, refused with `advice`.
    pub(super) fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
        advice: impl Display,
    ) -> Result<T, Refused> {
        let text = self.text(name)?;
        parse(&text).ok_or_else(|| self.refuse(name, Some(&text), advice))
    }

    /// A whole number of `unit`s.
    pub(super) fn number(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u32>,
        unit: &str,
    ) -> Result<u32, Refused> {
        let advice = format!("must be a whole number of {unit} from {} to {}", range.start(), range.end());
        self.parsed(name, |text| text.parse().ok().filter(|number| range.contains(number)), advice)
    }

    /// A sum in US dollars.
    pub(super) fn money(&mut self, name: &'static str) -> Result<Usd, Refused> {
        self.parsed(name, Usd::parse, DOLLARS)
    }

    /// A sum in US dollars, or none.
    pub(super) fn optional_money(&mut self, name: &'static str) -> Result<Option<Usd>, Refused> {
        let Some(text) = self.optional(name)? else { return Ok(None) };
        Usd::parse(&text).map(Some).ok_or_else(|| self.refuse(name, Some(&text), DOLLARS))
    }

    /// A list separated by commas or white space; never empty.
    pub(super) fn list(&mut self, name: &'static str) -> Result<Vec<String>, Refused> {
        let split = |text: &str| {
            let parts = text.split([',', ' ', '\t', '\n']).filter(|part| !part.is_empty());
            Some(parts.map(str::to_owned).collect::<Vec<_>>()).filter(|parts| !parts.is_empty())
        };
        self.parsed(name, split, "must name at least one, separated by commas")
    }

    /// An address to build others upon: https, or http on this machine; no query, no fragment, no password.
    pub(super) fn base_url(&mut self, name: &'static str) -> Result<Url, Refused> {
        let text = self.text(name)?;
        self.checked_url(name, &text, is_loopback, "is only for this machine, such as http://127.0.0.1:8095")
    }

    /// The same, also with http to another machine of a private network.
    pub(super) fn private_url(&mut self, name: &'static str) -> Result<Url, Refused> {
        let text = self.text(name)?;
        self.checked_url(name, &text, is_private, "is only for this machine and private networks")
    }

    fn checked_url(
        &mut self,
        name: &str,
        text: &str,
        may_be_plain: fn(&Url) -> bool,
        plain: &str,
    ) -> Result<Url, Refused> {
        // Not shown where it may hold a password.
        let shown = Some(text).filter(|text| !text.contains('@'));
        let Ok(url) = Url::parse(text) else {
            return Err(self.refuse(name, shown, "is not an address such as https://chat.example.com"));
        };
        let advice = match url.scheme() {
            "https" | "http" if url.host().is_none() => "names no host".to_owned(),
            "https" => String::new(),
            "http" if may_be_plain(&url) => String::new(),
            "http" => format!("must begin with https:// (http:// {plain})"),
            _ => "must begin with https://".to_owned(),
        };
        if !advice.is_empty() {
            return Err(self.refuse(name, shown, advice));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(self.refuse(name, None, "must not hold a user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(self.refuse(name, shown, "must not hold a ? or #"));
        }
        Ok(without_trailing_slash(url))
    }

    /// Refuses a secret of fewer than `least` characters.
    pub(super) fn at_least(&mut self, name: &str, secret: &SecretString, least: usize) -> Result<(), Refused> {
        if secret.expose_secret().chars().count() < least {
            return Err(self.refuse(name, None, format!("must have at least {least} characters")));
        }
        Ok(())
    }

    fn keep(&mut self, problem: Problem) -> Refused {
        self.problems.push(problem);
        Refused
    }
}

/// Whether the address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

/// Whether the address is on this machine or, by its form, in a private network: private and link-local addresses
/// (RFC 1918, RFC 4193), names of one part, as containers have, and names below domains that are never public
/// (RFC 6762, RFC 8375, ICANN's `.internal`).
pub(super) fn is_private(url: &Url) -> bool {
    is_loopback(url)
        || match url.host() {
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                !name.contains('.') || [".internal", ".local", ".home.arpa"].iter().any(|end| name.ends_with(end))
            }
            Some(Host::Ipv4(ip)) => ip.is_private() || ip.is_link_local(),
            Some(Host::Ipv6(ip)) => ip.is_unique_local() || ip.is_unicast_link_local(),
            None => false,
        }
}

/// The same address without a slash at the end of its path; a bare host keeps the one that `Url` insists on.
fn without_trailing_slash(mut url: Url) -> Url {
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    url
}
