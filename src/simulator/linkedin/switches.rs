//! What can be told to this world alone.

use std::collections::BTreeSet;

/// What the member answers when asked for consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consent {
    /// Shows the page; `auto=1` approves.
    Ask,
    /// Leaves the consent screen, whatever the script wants.
    Cancel,
    /// Leaves the sign-in screen before it.
    CancelLogin,
}

/// How an access-control element spells the page's key; all three occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AclKey {
    Organization,
    OrganizationTarget,
    OrganizationalTarget,
}

/// The switches and how they stand.
#[derive(Clone, Debug)]
pub(super) struct Switches {
    /// Scopes that the app's products give it.
    pub scopes: BTreeSet<String>,
    /// The one registered callback; `None` accepts any https or local one.
    pub redirect_uri: Option<String>,
    pub consent: Consent,
    /// The app's secret was changed at LinkedIn, so that the one we know is wrong.
    pub secret_changed: bool,
    /// Whether the app is enabled for programmatic refresh.
    pub refresh: bool,
    /// Characters of an access token.
    pub token_length: usize,
    /// A token this young (seconds) is answered as revoked.
    pub fresh_race_seconds: i64,
    /// HTTP status for an unknown code; reports disagree on 400 and 401.
    pub unknown_code_status: u16,
    /// `YYYYMM` versions that answer.
    pub versions: BTreeSet<String>,
    /// The tier of the Community Management API: no batch calls, 500 and 100 calls a day.
    pub development: bool,
    /// Calls a day per endpoint, of the application and of the member in it.
    pub app_limit: Option<u32>,
    pub member_limit: Option<u32>,
    pub acl_key: AclKey,
    /// The member's role on pages yet to come; those that are there remember their own.
    pub role: Option<String>,
    /// Whether `userinfo` writes the locale as an object or as `en-US`.
    pub locale_object: bool,
    /// Most elements of a posts page; those left over come behind its `next` link.
    pub short_page: Option<usize>,
    /// Whether the posts finder tells `paging.total`.
    pub total: bool,
    /// Whether paging links are full URLs.
    pub absolute_links: bool,
    /// How long media stay PROCESSING after publication.
    pub processing_seconds: i64,
}

impl Default for Switches {
    fn default() -> Self {
        let scopes = "openid profile email r_basicprofile r_1st_connections_size r_organization_social \
             r_organization_social_feed r_organization_followers rw_organization_admin r_organization_admin \
             w_member_social w_organization_social";
        Self {
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            redirect_uri: None,
            consent: Consent::Ask,
            secret_changed: false,
            refresh: true,
            token_length: 500,
            fresh_race_seconds: 0,
            unknown_code_status: 400,
            versions: (202_601..=202_609).map(|version: u32| version.to_string()).collect(),
            development: false,
            app_limit: None,
            member_limit: None,
            acl_key: AclKey::Organization,
            role: Some("ADMINISTRATOR".to_owned()),
            locale_object: true,
            short_page: None,
            total: false,
            absolute_links: false,
            processing_seconds: 0,
        }
    }
}

/// Names and values for the error that lists them. `role` is handled by the world, since pages remember it.
const KNOWN: &str = "scopes=LIST, redirect_uri=URL|any, consent=ask|cancel|cancel_login, client_secret=known|changed, \
    refresh=on|off, token_length=N, fresh_race_seconds=N, unknown_code_status=400|401, versions=LIST, sunset=YYYYMM|all, \
    tier=development|standard, app_limit=N|none, member_limit=N|none, \
    acl_key=organization|organizationTarget|organizationalTarget, locale=object|string, short_page=N|off, \
    total=on|off, links=path|absolute, processing_seconds=N, role=ROLE|none|PAGE_URN=ROLE|PAGE_URN=none";

impl Switches {
    /// Turns one switch. An unknown name or value is an error that lists what is known.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        self.turn(name, value).ok_or_else(|| format!("no switch {name}={value} on linkedin; known: {KNOWN}"))
    }

    fn turn(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "scopes" => self.scopes = words(value),
            "redirect_uri" => self.redirect_uri = (value != "any").then(|| value.to_owned()),
            "consent" => {
                self.consent = match value {
                    "ask" => Consent::Ask,
                    "cancel" => Consent::Cancel,
                    "cancel_login" => Consent::CancelLogin,
                    _ => return None,
                }
            }
            "client_secret" => {
                self.secret_changed = match value {
                    "changed" => true,
                    "known" => false,
                    _ => return None,
                }
            }
            "refresh" => self.refresh = on_off(value)?,
            "token_length" => self.token_length = value.parse().ok().filter(|length| (20..=4000).contains(length))?,
            "fresh_race_seconds" => self.fresh_race_seconds = seconds(value)?,
            "unknown_code_status" => {
                self.unknown_code_status = value.parse().ok().filter(|status| [400, 401].contains(status))?;
            }
            "versions" => self.versions = words(value),
            "sunset" if value == "all" => self.versions.clear(),
            "sunset" => self.versions.remove(value).then_some(())?,
            "tier" => {
                self.development = match value {
                    "development" => true,
                    "standard" => false,
                    _ => return None,
                }
            }
            "app_limit" => self.app_limit = limit(value)?,
            "member_limit" => self.member_limit = limit(value)?,
            "acl_key" => {
                self.acl_key = match value {
                    "organization" => AclKey::Organization,
                    "organizationTarget" => AclKey::OrganizationTarget,
                    "organizationalTarget" => AclKey::OrganizationalTarget,
                    _ => return None,
                }
            }
            "locale" => {
                self.locale_object = match value {
                    "object" => true,
                    "string" => false,
                    _ => return None,
                }
            }
            "short_page" if value == "off" => self.short_page = None,
            "short_page" => self.short_page = Some(value.parse().ok().filter(|size| *size > 0)?),
            "total" => self.total = on_off(value)?,
            "links" => {
                self.absolute_links = match value {
                    "absolute" => true,
                    "path" => false,
                    _ => return None,
                }
            }
            "processing_seconds" => self.processing_seconds = seconds(value)?,
            _ => return None,
        }
        Some(())
    }
}

/// Words between blanks or commas.
pub(super) fn words(value: &str) -> BTreeSet<String> {
    value.split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn on_off(value: &str) -> Option<bool> {
    match value {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn limit(value: &str) -> Option<Option<u32>> {
    if value == "none" { Some(None) } else { value.parse().ok().map(Some) }
}

/// At most a year: enough for any test, and far from what a clock cannot add.
fn seconds(value: &str) -> Option<i64> {
    value.parse().ok().filter(|seconds| (0..=31_536_000).contains(seconds))
}
