//! `make bench`: what the program does in a second, each figure beside its floor from the same run: the least that any
//! program would have to do for the same effect. Both are measured in turn, several times, and the medians compared,
//! so that a busy machine slows both.

mod claims;
mod crew;
mod database;
mod embed;
mod filters;
mod graphql;
mod growth;
mod http;
mod idle;
mod imports;
mod nchat;
mod processes;
mod report;
mod responder;
mod rows;
mod sealing;
mod serving;
mod start;

use anyhow::{Context, ensure};
use report::{Report, Row};
use std::path::Path;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The rows by name, in the table's order.
const ROWS: [&str; 12] = [
    "idle",
    "imports",
    "claims",
    "growth",
    "serving",
    "graphql",
    "filters",
    "sealing",
    "embed",
    "start",
    "nchat",
    "processes",
];

/// What a run is given.
pub struct Bench {
    /// The superuser's login of a private Postgres.
    pub admin_url: String,
    /// Also what takes long: an hour's polls.
    pub is_long: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let _ = rustls::crypto::ring::default_provider().install_default();
    if let [first, rest @ ..] = arguments.as_slice()
        && first == "responder"
    {
        return responder::main(rest);
    }
    let (flags, wanted): (Vec<String>, Vec<String>) = arguments.into_iter().partition(|a| a.starts_with('-'));
    for name in &wanted {
        ensure!(ROWS.contains(&name.as_str()), "no row is called {name}: {}", ROWS.join(" "));
    }
    let setting = nchat_social::config::environment;
    let bench = Bench {
        admin_url: setting("BENCH_DATABASE_URL").context("BENCH_DATABASE_URL is not set: use `make bench`")?,
        is_long: flags.iter().any(|flag| flag == "--long"),
    };
    let path = setting("BENCH_RESULTS").unwrap_or_else(|| "target/bench/results.json".into());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (mut report, mut failed) = (Report::default(), Vec::new());
    for name in ROWS.iter().filter(|name| wanted.is_empty() || wanted.iter().any(|w| w == *name)) {
        eprintln!("{name} …");
        let began = std::time::Instant::now();
        match runtime.block_on(run(name, &bench)) {
            Ok(rows) => rows.into_iter().for_each(|row| {
                eprintln!("  {row}");
                report.add(row);
            }),
            // The others are worth having all the same.
            Err(error) => {
                eprintln!("  {name}: {error:#}");
                failed.push(*name);
            }
        }
        eprintln!("  ({:.0} s)", began.elapsed().as_secs_f64());
    }
    report.write(Path::new(&path))?;
    println!("{report}");
    ensure!(failed.is_empty(), "not measured: {}", failed.join(" "));
    Ok(())
}

async fn run(name: &str, bench: &Bench) -> anyhow::Result<Vec<Row>> {
    match name {
        "idle" => idle::measure(bench).await,
        "imports" => imports::measure(bench).await,
        "claims" => claims::measure(bench).await,
        "growth" => growth::measure(bench).await,
        "serving" => serving::measure(bench).await,
        "graphql" => graphql::measure(bench).await,
        "filters" => Ok(filters::measure()),
        "sealing" => sealing::measure(),
        "embed" => Ok(embed::measure()),
        "start" => start::measure(bench).await,
        "nchat" => nchat::measure(bench).await,
        "processes" => processes::measure(bench).await,
        other => unreachable!("{other} is no row"),
    }
}
