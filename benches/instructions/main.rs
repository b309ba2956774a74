//! `make bench-check`: how many processor instructions the pure parts take, counted by valgrind, against
//! benches/baseline.json. Times differ from run to run and machine to machine; counts hardly do.

mod pages;
mod parts;

// What is decided and drawn is what `make bench` times.
#[path = "../speed/embed.rs"]
#[allow(dead_code)]
mod embed;
#[path = "../speed/filters.rs"]
#[allow(dead_code)]
mod filters;
#[path = "../speed/report.rs"]
#[allow(dead_code)]
mod report;

use anyhow::{Context, ensure};
use serde_json::{Map, Value, json};
use std::{fs, path::Path, process::Command};

/// More than this, in percent, is told as a change.
const TOLERANCE: f64 = 3.0;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["run", part, times] => parts::run(part, times.parse()?),
        [] => check(false),
        ["--write"] => check(true),
        _ => anyhow::bail!("nothing to compare, or --write for a new baseline"),
    }
}

/// Compares with the baseline, or writes it.
fn check(write: bool) -> anyhow::Result<()> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/baseline.json"));
    let mut counts = Map::new();
    for (part, times) in parts::PARTS {
        // What starting takes is in both runs, and falls out.
        let (once, twice) = std::thread::scope(|scope| {
            let (once, twice) = (scope.spawn(|| count(part, times)), scope.spawn(|| count(part, 2 * times)));
            (once.join().expect("counted"), twice.join().expect("counted"))
        });
        counts.insert(part.into(), json!((twice? - once?) / u64::from(times)));
    }
    if write {
        fs::write(path, serde_json::to_string_pretty(&counts)? + "\n")?;
        println!("{} is written", path.display());
        return Ok(());
    }
    let known = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let known: Map<String, Value> = serde_json::from_str(&known)?;
    let mut slower = Vec::new();
    println!("{:<34} {:>12} {:>12} {:>8}", "instructions of a call", "now", "baseline", "change");
    for (part, now) in &counts {
        let of = |counts: &Map<String, Value>| counts.get(part).and_then(Value::as_f64);
        let (now, before) = (now.as_f64().unwrap_or(0.0), of(&known));
        let change = before.map(|before| (now / before - 1.0) * 100.0);
        println!(
            "{part:<34} {now:>12.0} {:>12} {:>8}",
            before.map_or("new".into(), |before| format!("{before:.0}")),
            change.map_or(String::new(), |change| format!("{change:+.1} %"))
        );
        if change.is_none_or(|change| change > TOLERANCE) {
            slower.push(part.as_str());
        }
    }
    ensure!(
        slower.is_empty(),
        "{} take(s) over {TOLERANCE} % more instructions than benches/baseline.json says. Find out why; if it is worth \
         it, `make bench-check ARGS=--write` takes the new counts over.",
        slower.join(", ")
    );
    Ok(())
}

/// Instructions of a process that does `part` so many times.
fn count(part: &str, times: u32) -> anyhow::Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["run", part, &times.to_string()])
        .output()
        .context("valgrind cannot be run")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{part} under valgrind: {said}");
    let collected = said.lines().find_map(|line| line.split_once("Collected :")).context("valgrind tells no count")?;
    Ok(collected.1.trim().parse()?)
}
