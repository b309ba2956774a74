//! The guides tell the truth: every word of trouble has its row, every row its word, every setting of a platform its
//! explanation, and every link its target.

use nchat_social::{config::SETTINGS, domain::health::TROUBLES};
use regex::Regex;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn text(path: impl AsRef<Path>) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The program's part of a file, without its tests.
fn code(path: &str) -> String {
    let text = text(path);
    text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()
}

fn found(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).expect("a pattern");
    pattern.captures_iter(text).map(|captures| captures[1].to_owned()).collect()
}

/// Words with an underscore in these files are not of this program: platforms send them, or people give them.
const NOT_OURS: [&str; 9] = [
    "poll_lease",
    "user_cancelled_login",
    "user_cancelled_authorize",
    "unauthorized_scope_error",
    "invalid_scope_error",
    "invalid_scope",
    "return_path",
    "account_id",
    "sec_fetch",
];

/// Files that speak of trouble: here every word counts that looks like a code.
const SPEAK: [&str; 8] = [
    "src/service/callback.rs",
    "src/service/outcome.rs",
    "src/worker/poll.rs",
    "src/worker/round.rs",
    "src/domain/standing.rs",
    "src/web/oauth/mod.rs",
    "src/web/oauth/depart.rs",
    "src/web/oauth/callback.rs",
];

/// Every code that the program can print.
fn codes() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    // `fn code` of the errors of platforms and of the reasons of filters.
    for path in ["src/platforms/error.rs", "src/domain/filter/reason.rs"] {
        let text = code(path);
        let function = text.split("fn code(").nth(1).unwrap_or_else(|| panic!("{path} has no fn code"));
        let function = function.split("\n    }\n").next().unwrap_or_default();
        codes.extend(found(r#"=> "([a-z_]+)""#, function));
    }
    codes.extend(found(r#"Decision::Failed\("([a-z_]+)""#, &code("src/domain/plan/planner.rs")));
    for path in SPEAK {
        let text = code(path);
        codes.extend(found(r#""([a-z]+(?:_[a-z]+)+)""#, &text));
        codes.extend(found(r#"(?:code|health): "([a-z_]+)""#, &text));
        codes.extend(found(r#"Refusal::new\(\s*"([a-z_]+)""#, &text));
        codes.extend(found(r#"\{ "([a-z_]+)" \} else \{ "connected" \}"#, &text));
    }
    codes.extend(found(r#""(doctor_[a-z]+)""#, &code("src/cli/doctor.rs")));
    // What the database itself says of accounts.
    codes.extend(found(r"health_code, '([a-z_]+)'", &text("migrations/0006_hasura.up.sql")));
    codes.extend(TROUBLES.iter().map(|trouble| trouble.code.to_owned()));
    // What accounts are when nothing is wrong.
    codes.insert("connected".to_owned());
    codes.retain(|code| !NOT_OURS.contains(&code.as_str()));
    codes
}

fn rows() -> BTreeSet<String> {
    found(r#"(?m)^\| <a id="([a-z_]+)"></a>"#, &text("docs/troubleshooting.md"))
}

#[test]
fn every_code_has_a_row_and_every_row_a_code() {
    let (codes, rows) = (codes(), rows());
    // That the search itself still finds what there is.
    for known in [
        "rate_limited",
        "invalid_state",
        "not_configured",
        "tokens_unreadable",
        "needs_reconnect",
        "degraded",
        "paused",
    ] {
        assert!(codes.contains(known), "{known} is not among {codes:?}");
    }
    let missing: Vec<_> = codes.difference(&rows).collect();
    assert!(missing.is_empty(), "docs/troubleshooting.md has no row for {missing:?}");
    let stale: Vec<_> = rows.difference(&codes).collect();
    assert!(stale.is_empty(), "docs/troubleshooting.md explains what the program never says: {stale:?}");
}

#[test]
fn every_setting_of_a_platform_is_explained_in_its_guide() {
    for (guide, prefixes) in [
        ("docs/connect-twitter.md", &["TWITTER_", "SOCIAL_X_"][..]),
        ("docs/connect-instagram.md", &["INSTAGRAM_", "FACEBOOK_"]),
        ("docs/connect-linkedin.md", &["LINKEDIN_"]),
    ] {
        let text = text(guide);
        let own = SETTINGS.iter().filter(|setting| prefixes.iter().any(|prefix| setting.name.starts_with(prefix)));
        for setting in own {
            assert!(text.contains(&format!("`{}`", setting.name)), "{guide} does not explain {}", setting.name);
        }
        assert!(text.contains("/api/social/") && text.contains("/callback"), "{guide} names the callback");
    }
}

/// As GitHub makes anchors of headings, and the ones that are written out.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = found(r#"<a id="([^"]+)""#, text);
    for heading in text.lines().filter(|line| line.starts_with('#')) {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        anchors.insert(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
    }
    anchors
}

#[test]
fn every_link_between_the_guides_has_a_target() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let in_folder = |folder: &str| -> Vec<PathBuf> {
        let entries = fs::read_dir(root.join(folder)).expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
    };
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("a pattern");
    let mut followed = 0;
    for path in [in_folder(""), in_folder("docs"), in_folder("docs/platforms")].concat() {
        let own = fs::read_to_string(&path).expect("readable");
        for target in link.captures_iter(&own).map(|captures| captures[1].to_owned()) {
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').map_or((target.as_str(), None), |(file, a)| (file, Some(a)));
            let there = if file.is_empty() { path.clone() } else { path.parent().expect("a folder").join(file) };
            assert!(there.exists(), "{} links to {target}", path.display());
            if let Some(anchor) = anchor {
                let text = fs::read_to_string(&there).expect("readable");
                assert!(anchors(&text).contains(anchor), "{} links to {target}", path.display());
            }
            followed += 1;
        }
    }
    assert!(followed > 30, "{followed}");
}
