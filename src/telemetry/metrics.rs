//! Every metric, in one list, with what counts it. Labels are words of ours, never ids or texts, so that their number
//! is bounded. One set for each process (for each application in tests), not a global.

use crate::domain::Platform;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Metric, Registry},
};
use std::{sync::atomic::AtomicU64, time::Duration};

/// How a metric is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// A metric as people know it.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    /// Without the prefix `nchat_social_`, and without a counter's `_total`.
    pub name: &'static str,
    pub kind: Kind,
    pub labels: &'static [&'static str],
    pub help: &'static str,
}

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Described {
    Described { name, kind: Kind::Counter, labels, help }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Described {
    Described { name, kind: Kind::Gauge, labels, help }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Described {
    Described { name, kind: Kind::Histogram, labels, help }
}

/// Before every name.
pub const PREFIX: &str = "nchat_social";

/// Every metric there is.
pub const METRICS: &[Described] = &[
    counter(
        "polls",
        &["platform", "outcome"],
        "Polls by how they ended: imported, quiet, failed, lost (the lease was over)",
    ),
    counter("poll_faults", &["platform", "code"], "Failed polls by the code that the account's health shows"),
    histogram("poll_seconds", &["platform"], "How long reading one account at its platform took"),
    histogram("poll_lateness_seconds", &["platform"], "How much later than due polls began"),
    counter("posts", &["platform", "outcome"], "Posts of imports: fetched, imported, posted, filtered, waiting"),
    counter(
        "deliveries",
        &["platform", "outcome"],
        "Decisions of posts for channels: delivered, filtered, waiting, failed",
    ),
    counter("messages", &["platform"], "Messages written into channels"),
    counter("token_renewals", &["platform", "outcome"], "Renewals of tokens: renewed, failed"),
    gauge("accounts", &["platform", "health"], "Connected accounts by health, of every tenant"),
    gauge("accounts_overdue", &["platform"], "Accounts that are due and not being polled"),
    gauge("accounts_held", &["platform"], "Accounts that a platform's limit keeps from being polled"),
    gauge("oldest_due_seconds", &["platform"], "For how long the account that waits longest has been due"),
    gauge("queue_jobs_waiting", &[], "Jobs in line when this process last looked"),
    gauge("last_tick_timestamp_seconds", &[], "When this process last looked for due accounts; 0: it does not poll"),
    gauge("database_up", &[], "1 if the database answered when it was asked for these numbers"),
    gauge("database_connections", &["state"], "Connections of this process: idle, used, most (the pool's size)"),
    gauge("database_waiting", &[], "Tasks of this process that wait for a connection"),
    counter("http_requests", &["route", "method", "status"], "Requests by route, method and status"),
    histogram("http_request_seconds", &["route"], "How long requests took"),
    counter("proofs_refused", &[], "Requests with a secret or token that does not hold"),
    counter(
        "claims_ignored",
        &[],
        "Requests with session headers and nothing that proves them: somebody asks past Hasura, or it lacks the secret",
    ),
    gauge("build_info", &["version"], "1, with the version of this program"),
];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfPlatform {
    platform: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Outcome {
    platform: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Fault {
    platform: &'static str,
    code: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Health {
    platform: &'static str,
    health: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Version {
    version: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answer {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: String,
}

/// A number with a fraction.
type Fraction = Gauge<f64, AtomicU64>;
type Seconds<L> = Family<L, Histogram, fn() -> Histogram>;

fn short() -> Histogram {
    Histogram::new([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0])
}

fn long() -> Histogram {
    Histogram::new([1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0])
}

/// The metrics of one process.
pub struct Metrics {
    registry: Registry,
    polls: Family<Outcome, Counter>,
    faults: Family<Fault, Counter>,
    poll_seconds: Seconds<OfPlatform>,
    lateness: Seconds<OfPlatform>,
    posts: Family<Outcome, Counter>,
    deliveries: Family<Outcome, Counter>,
    messages: Family<OfPlatform, Counter>,
    renewals: Family<Outcome, Counter>,
    accounts: Family<Health, Gauge>,
    overdue: Family<OfPlatform, Gauge>,
    held: Family<OfPlatform, Gauge>,
    oldest_due: Family<OfPlatform, Fraction>,
    jobs_waiting: Gauge,
    last_tick: Fraction,
    database_up: Gauge,
    connections: Family<State, Gauge>,
    database_waiting: Gauge,
    requests: Family<Answer, Counter>,
    request_seconds: Seconds<Route>,
    refused_proofs: Counter,
    claims_in_vain: Counter,
}

/// What an import did, for [`Metrics::imported`].
#[derive(Clone, Debug, Default)]
pub struct ImportCounts {
    pub fetched: u64,
    pub imported: u64,
    pub posted: u64,
    pub filtered: u64,
    pub waiting: u64,
    pub messages: u64,
    /// Decisions by their status.
    pub deliveries: Vec<&'static str>,
}

/// Accounts of a platform in one health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountsNow {
    pub platform: Platform,
    pub health: String,
    pub accounts: i64,
    pub overdue: i64,
    pub held: i64,
    /// For how long the one that waits longest has been due.
    pub oldest_due_seconds: i64,
}

/// The pool of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolNow {
    pub idle: usize,
    pub used: usize,
    pub most: usize,
    pub waiting: usize,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let of_version = registered::<Family<Version, Gauge>>(&mut registry, "build_info");
        of_version.get_or_create(&Version { version: env!("CARGO_PKG_VERSION") }).set(1);
        let seconds = |registry: &mut Registry, name, of: fn() -> Histogram| {
            let family = Seconds::<OfPlatform>::new_with_constructor(of);
            register(registry, name, family.clone());
            family
        };
        let request_seconds = Seconds::<Route>::new_with_constructor(short);
        register(&mut registry, "http_request_seconds", request_seconds.clone());
        let r = &mut registry;
        Self {
            polls: registered(r, "polls"),
            faults: registered(r, "poll_faults"),
            poll_seconds: seconds(r, "poll_seconds", short),
            lateness: seconds(r, "poll_lateness_seconds", long),
            posts: registered(r, "posts"),
            deliveries: registered(r, "deliveries"),
            messages: registered(r, "messages"),
            renewals: registered(r, "token_renewals"),
            accounts: registered(r, "accounts"),
            overdue: registered(r, "accounts_overdue"),
            held: registered(r, "accounts_held"),
            oldest_due: registered(r, "oldest_due_seconds"),
            jobs_waiting: registered(r, "queue_jobs_waiting"),
            last_tick: registered(r, "last_tick_timestamp_seconds"),
            database_up: registered(r, "database_up"),
            connections: registered(r, "database_connections"),
            database_waiting: registered(r, "database_waiting"),
            requests: registered(r, "http_requests"),
            request_seconds,
            refused_proofs: registered(r, "proofs_refused"),
            claims_in_vain: registered(r, "claims_ignored"),
            registry,
        }
    }

    /// A poll ended: `imported`, `quiet`, `failed`, `lost`.
    pub fn poll(&self, platform: Platform, outcome: &'static str) {
        self.polls.get_or_create(&Outcome { platform: platform.as_str(), outcome }).inc();
    }

    /// A poll failed with this code.
    pub fn poll_fault(&self, platform: Platform, code: &'static str) {
        self.faults.get_or_create(&Fault { platform: platform.as_str(), code }).inc();
        self.poll(platform, "failed");
    }

    /// A poll began so much later than due, and the platform took so long.
    pub fn poll_times(&self, platform: Platform, late: chrono::Duration, took: Duration) {
        let label = OfPlatform { platform: platform.as_str() };
        #[allow(clippy::cast_precision_loss)] // Milliseconds of a time span stay exact.
        let late = late.num_milliseconds().max(0) as f64 / 1000.0;
        self.lateness.get_or_create(&label).observe(late);
        self.poll_seconds.get_or_create(&label).observe(took.as_secs_f64());
    }

    /// An import was committed.
    pub fn imported(&self, platform: Platform, counts: &ImportCounts) {
        let platform = platform.as_str();
        let posts = [
            ("fetched", counts.fetched),
            ("imported", counts.imported),
            ("posted", counts.posted),
            ("filtered", counts.filtered),
            ("waiting", counts.waiting),
        ];
        for (outcome, count) in posts {
            self.posts.get_or_create(&Outcome { platform, outcome }).inc_by(count);
        }
        for outcome in &counts.deliveries {
            self.deliveries.get_or_create(&Outcome { platform, outcome }).inc();
        }
        self.messages.get_or_create(&OfPlatform { platform }).inc_by(counts.messages);
    }

    /// A token was renewed, or not.
    pub fn renewal(&self, platform: Platform, is_renewed: bool) {
        let outcome = if is_renewed { "renewed" } else { "failed" };
        self.renewals.get_or_create(&Outcome { platform: platform.as_str(), outcome }).inc();
    }

    /// This process looked for due accounts, with so many jobs in line.
    pub fn tick(&self, now: crate::domain::Timestamp, jobs_waiting: usize) {
        #[allow(clippy::cast_precision_loss)] // Exact for 200,000 years.
        self.last_tick.set(now.timestamp_millis() as f64 / 1000.0);
        self.jobs_waiting.set(whole(jobs_waiting));
    }

    /// Jobs in line when this process last looked; `None`: it has not looked.
    pub fn jobs_waiting(&self) -> Option<i64> {
        (self.last_tick.get() > 0.0).then(|| self.jobs_waiting.get())
    }

    /// A request was answered. `method` and `route` are known ones.
    pub fn answered(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&Answer { route: route.to_owned(), method, status }).inc();
        self.request_seconds.get_or_create(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    /// A secret or token did not hold.
    pub fn refused_proof(&self) {
        self.refused_proofs.inc();
    }

    /// Session headers came without proof.
    pub fn claim_in_vain(&self) {
        self.claims_in_vain.inc();
    }

    /// All metrics in OpenMetrics' text format, with what is so just now. `None`: the database did not answer.
    pub fn show(&self, accounts: Option<&[AccountsNow]>, pool: PoolNow) -> String {
        self.database_up.set(i64::from(accounts.is_some()));
        let states = [("idle", pool.idle), ("used", pool.used), ("most", pool.most)];
        for (state, count) in states {
            self.connections.get_or_create(&State { state }).set(whole(count));
        }
        self.database_waiting.set(whole(pool.waiting));
        self.show_accounts(accounts.unwrap_or_default());
        let mut text = String::new();
        // Writing to memory does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    fn show_accounts(&self, rows: &[AccountsNow]) {
        self.accounts.clear();
        self.overdue.clear();
        self.held.clear();
        self.oldest_due.clear();
        for row in rows {
            let label = OfPlatform { platform: row.platform.as_str() };
            self.accounts
                .get_or_create(&Health { platform: label.platform, health: row.health.clone() })
                .set(row.accounts);
            self.overdue.get_or_create(&label).inc_by(row.overdue);
            self.held.get_or_create(&label).inc_by(row.held);
            let oldest = self.oldest_due.get_or_create(&label);
            #[allow(clippy::cast_precision_loss)] // Seconds stay exact.
            oldest.set(oldest.get().max(row.oldest_due_seconds as f64));
        }
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Registers a metric of the list.
fn registered<M: Metric + Clone + Default>(registry: &mut Registry, name: &'static str) -> M {
    let metric = M::default();
    register(registry, name, metric.clone());
    metric
}

fn register(registry: &mut Registry, name: &'static str, metric: impl Metric) {
    let listed = METRICS.iter().find(|metric| metric.name == name);
    debug_assert!(listed.is_some(), "{name} is not in METRICS");
    registry.register(name, listed.map_or("", |metric| metric.help), metric);
}

/// The table of `docs/metrics.md`.
pub fn table() -> String {
    let rows = METRICS.iter().map(|metric| {
        let (kind, end) = match metric.kind {
            Kind::Counter => ("counter", "_total"),
            Kind::Gauge => ("gauge", ""),
            Kind::Histogram => ("histogram", ""),
        };
        format!("| `{PREFIX}_{}{end}` | {kind} | {} | {} |\n", metric.name, metric.labels.join(", "), metric.help)
    });
    String::from("| metric | kind | labels | what |\n|---|---|---|---|\n") + &rows.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Nothing is shown that is not on the list, and nothing is on the list that cannot be shown.
    #[test]
    fn the_list_is_complete() {
        let metrics = Metrics::new();
        for platform in Platform::ALL {
            metrics.poll(platform, "quiet");
            metrics.poll_fault(platform, "upstream");
            metrics.poll_times(platform, chrono::Duration::seconds(-1), Duration::from_millis(1));
            let counts = ImportCounts { deliveries: vec!["delivered"], ..ImportCounts::default() };
            metrics.imported(platform, &counts);
            metrics.renewal(platform, false);
        }
        metrics.answered("/livez", "GET", 200, Duration::ZERO);
        metrics.refused_proof();
        metrics.claim_in_vain();
        assert_eq!(metrics.jobs_waiting(), None, "it has not looked");
        metrics.tick(chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("a time"), 3);
        assert_eq!(metrics.jobs_waiting(), Some(3));
        let row = |health: &str, overdue, oldest_due_seconds| AccountsNow {
            platform: Platform::Twitter,
            health: health.into(),
            accounts: 5,
            overdue,
            held: 1,
            oldest_due_seconds,
        };
        let pool = PoolNow { idle: 1, used: 2, most: 8, waiting: 0 };
        for _ in 0..2 {
            let text = metrics.show(Some(&[row("connected", 2, 9), row("degraded", 1, 7)]), pool);
            let shown: BTreeSet<&str> =
                text.lines().filter_map(|line| line.strip_prefix("# TYPE nchat_social_")?.split(' ').next()).collect();
            assert_eq!(shown, METRICS.iter().map(|metric| metric.name).collect(), "{text}");
            for line in ["accounts_overdue{platform=\"twitter\"} 3", "oldest_due_seconds{platform=\"twitter\"} 9.0"] {
                assert!(text.contains(&format!("nchat_social_{line}\n")), "{line}\n{text}");
            }
        }
        let away = metrics.show(None, pool);
        assert!(away.contains("nchat_social_database_up 0\n") && !away.contains("accounts{"), "{away}");
    }
}
