//! The house rules that a compiler does not know: floors, homes of foreign crates, sizes of files, drafts left behind.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Modules by floor; those of one floor do not see each other, but for what `SIDEWAYS` allows.
const FLOORS: &[(&str, u8)] = &[
    ("domain", 0),
    ("config", 1),
    ("telemetry", 1),
    ("crypto", 1),
    ("outbound", 1),
    ("platforms", 1),
    ("store", 1),
    ("service", 2),
    ("graphql", 3),
    ("worker", 4),
    ("web", 4),
    ("hasura", 4),
    ("cli", 5),
];

/// (who, whom): platforms speak HTTP and are configured; logs are configured, traces and errors leave by HTTP; a key is
/// read where it is configured, so that a wrong one is told with all other problems.
const SIDEWAYS: &[(&str, &str)] = &[
    ("platforms", "outbound"),
    ("platforms", "config"),
    ("telemetry", "config"),
    ("telemetry", "outbound"),
    ("config", "crypto"),
];

/// The simulator stands apart: it shares words with the domain and nothing with anybody else.
const SIMULATOR_SEES: &[&str] = &["domain", "simulator"];

/// (crate, the paths where it may be named).
const HOMES: &[(&str, &[&str])] = &[
    ("tokio_postgres", &["src/store/", "src/service/error.rs"]),
    ("deadpool", &["src/store/connect"]),
    ("deadpool_postgres", &["src/store/", "src/service/"]),
    ("reqwest", &["src/outbound/"]),
    ("oauth2", &["src/platforms/"]),
    ("aes_gcm", &["src/crypto/"]),
    ("ring", &["src/crypto/"]),
    ("x509_cert", &["src/crypto/"]),
    ("prometheus_client", &["src/telemetry/"]),
    ("opentelemetry", &["src/telemetry/"]),
    ("opentelemetry_sdk", &["src/telemetry/"]),
    ("opentelemetry_otlp", &["src/telemetry/"]),
    ("tracing_opentelemetry", &["src/telemetry/"]),
    ("tower_http", &["src/web/"]),
    ("async_graphql", &["src/graphql/", "src/web/graphql"]),
    ("axum", &["src/web/", "src/simulator/"]),
    ("apalis", &["src/worker/queue/apalis"]),
    ("apalis_postgres", &["src/worker/queue/apalis"]),
    ("sqlx", &["src/worker/queue/apalis", "src/store/migrate.rs"]),
    ("clap", &["src/cli/", "src/main.rs"]),
];

#[test]
fn a_floor_sees_only_lower_floors() {
    let mut wrong = Vec::new();
    for file in sources() {
        let Some(own) = module_of(&file.path) else { continue };
        for (number, seen) in file.uses_of_crate() {
            if own == seen || own == "lib" {
                continue;
            }
            let allowed = if own == "simulator" {
                SIMULATOR_SEES.contains(&seen)
            } else if seen == "simulator" {
                own == "cli"
            } else {
                floor(own) > floor(seen) || SIDEWAYS.contains(&(own, seen))
            };
            if !allowed {
                wrong.push(format!("{}:{number}: {own} uses {seen}", file.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn foreign_crates_stay_at_home() {
    let mut wrong = Vec::new();
    for file in sources() {
        for (number, line) in file.code_lines() {
            for (name, homes) in HOMES {
                let paths = line
                    .match_indices(&format!("{name}::"))
                    .any(|(at, _)| !line[..at].ends_with(|c: char| c == ':' || c == '_' || c.is_alphanumeric()));
                let starts =
                    [format!("use {name};"), format!("use {name}::")].iter().any(|u| line.trim().starts_with(u));
                let named = starts || paths && !line.trim_start().starts_with(&format!("{name}::{{"));
                if named && !homes.iter().any(|home| file.name().starts_with(home)) {
                    wrong.push(format!("{}:{number}: {name}", file.name()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_domain_is_pure() {
    for file in sources().into_iter().filter(|file| file.name().starts_with("src/domain/")) {
        for (number, line) in file.code_lines() {
            for word in [".await", "async fn", "std::fs", "std::net", "tokio::"] {
                assert!(!line.contains(word), "{}:{number}: {word}", file.name());
            }
        }
    }
}

#[test]
fn files_are_small() {
    let mut lengths: Vec<(usize, String)> =
        sources().iter().map(|file| (file.text.lines().count(), file.name())).collect();
    lengths.sort();
    let at = |part: f64| lengths[((lengths.len() - 1) as f64 * part) as usize].0;
    assert!(at(0.5) <= 150, "the median file has {} lines", at(0.5));
    assert!(at(0.9) <= 400, "a tenth of the files has more than {} lines", at(0.9));
    let (longest, name) = lengths.last().expect("files");
    assert!(*longest <= 600, "{name} has {longest} lines");
}

#[test]
fn nothing_is_left_for_later() {
    for file in sources() {
        for (number, line) in file.text.lines().enumerate() {
            for draft in ["todo!", "unimplemented!", "FIXME", "dbg!("] {
                assert!(!line.contains(draft), "{}:{}: {draft}", file.name(), number + 1);
            }
        }
    }
}

struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    fn name(&self) -> String {
        let path = self.path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("a path of this crate");
        path.display().to_string()
    }

    /// Lines that are neither comments nor in a test module.
    fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_test = self.path.components().any(|part| part.as_os_str() == "tests")
            || ["tests.rs", "fake.rs"].iter().any(|name| self.path.ends_with(name));
        let end = if is_test { 0 } else { self.text.find("#[cfg(test)]\nmod ").unwrap_or(self.text.len()) };
        self.text[..end].lines().enumerate().map(|(number, line)| (number + 1, line)).filter(|(_, line)| {
            let line = line.trim_start();
            !line.starts_with("//")
        })
    }

    /// The modules named by `crate::…`, also inside a `use crate::{…}` of several lines.
    fn uses_of_crate(&self) -> Vec<(usize, &str)> {
        let mut found = Vec::new();
        let mut nested = false;
        for (number, line) in self.code_lines() {
            let trimmed = line.trim();
            if nested {
                let depth = line.len() - line.trim_start().len();
                if depth == 4 {
                    found.extend(word(trimmed).map(|name| (number, name)));
                }
                nested = trimmed != "};";
            } else if trimmed == "use crate::{" {
                nested = true;
            } else if let Some(rest) = trimmed.strip_prefix("use crate::{") {
                found.extend(rest.split(',').filter_map(|part| word(part.trim())).map(|name| (number, name)));
            } else {
                for (at, _) in line.match_indices("crate::") {
                    found.extend(word(&line[at + 7..]).map(|name| (number, name)));
                }
            }
        }
        found
            .into_iter()
            .filter(|(_, name)| *name == "simulator" || FLOORS.iter().any(|(floor, _)| floor == name))
            .collect()
    }
}

fn word(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| &text[..end])
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 50, "the sources are found");
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(Source { text: fs::read_to_string(&path).expect("text"), path });
        }
    }
}

/// The first folder or file below src/.
fn module_of(path: &Path) -> Option<&'static str> {
    let below = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).ok()?;
    let first = below.iter().next()?.to_str()?.trim_end_matches(".rs");
    if first == "simulator" {
        return Some("simulator");
    }
    FLOORS.iter().map(|(name, _)| *name).find(|name| *name == first).or((first == "main").then_some("cli"))
}

fn floor(module: &str) -> u8 {
    FLOORS.iter().find(|(name, _)| *name == module).map_or(u8::MAX, |(_, floor)| *floor)
}
