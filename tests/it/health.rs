//! The list of troubles is whole: every code that an account can get is on it, and the README says of each what to do.

use nchat_social::domain::health::{STATES, TROUBLES};
use regex::Regex;
use std::{collections::BTreeSet, fs, path::Path};

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a folder, without their tests.
fn folder(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let entries = fs::read_dir(&root).expect("a folder").map(|entry| entry.expect("an entry").path());
    let files = entries.filter(|path| path.is_file()).map(|path| fs::read_to_string(path).expect("readable"));
    files.map(|text| text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()).collect()
}

/// Every code that something in the program or the database writes on an account.
fn stored() -> BTreeSet<String> {
    let errors = text("src/platforms/error.rs");
    let errors = errors.split("fn code(").nth(1).expect("fn code");
    let polls = text("src/worker/poll.rs");
    let outcome = text("src/service/outcome.rs");
    let outcome = outcome.split("#[cfg(test)]").next().unwrap_or_default();
    let (store, migrations) = (folder("src/store"), folder("migrations"));
    let mut codes = BTreeSet::new();
    for (pattern, text) in [
        (r#"=> "([a-z_]+)""#, errors),
        (r#"\}, "([a-z_]+)", false\)"#, &polls),
        (r#"let code = "([a-z_]+)""#, &polls),
        (r#"false, "([a-z_]+)", detail"#, &polls),
        (r#"=> "([a-z]+_[a-z_]+)""#, outcome),
        (r"health_code = '([a-z_]+)'", &store),
        (r"coalesce\(NEW\.health_code, '([a-z_]+)'\)", &migrations),
    ] {
        let pattern = Regex::new(pattern).expect("a pattern");
        codes.extend(pattern.captures_iter(text).map(|captures| captures[1].to_owned()));
    }
    codes
}

#[test]
fn the_list_has_every_code_that_is_stored_and_no_other() {
    let listed: BTreeSet<String> = TROUBLES.iter().map(|trouble| trouble.code.to_owned()).collect();
    assert_eq!(stored(), listed);
}

#[test]
fn the_list_has_every_health_that_the_database_allows() {
    let schema = text("migrations/0001_social.up.sql");
    let allowed = schema.split("CHECK (health IN (").nth(1).and_then(|rest| rest.split(')').next()).expect("a check");
    let allowed: BTreeSet<&str> = allowed.split(", ").map(|word| word.trim_matches('\'')).collect();
    let listed: BTreeSet<&str> = STATES.iter().map(|(state, _)| *state).collect();
    assert_eq!(allowed, listed);
}

#[test]
fn the_readme_says_what_to_do_about_each() {
    let readme = text("README.md");
    let section = readme.split("## When something needs you\n").nth(1).expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows: BTreeSet<String> = section.lines().filter(|line| line.starts_with("| [")).map(str::to_owned).collect();
    let link = |word: &str| format!("[`{word}`](docs/troubleshooting.md#{word})");
    let states = STATES.iter().map(|(state, what)| format!("| {} | {what} |", link(state)));
    let troubles = TROUBLES.iter().map(|trouble| {
        let (code, health, who, what) = (link(trouble.code), trouble.health, trouble.who, trouble.what_to_do);
        format!("| {code} | `{health}` | {who} | {what} |")
    });
    assert_eq!(rows, states.chain(troubles).collect::<BTreeSet<String>>());
}
