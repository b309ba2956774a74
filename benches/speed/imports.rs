//! Posts from the platform into channels, with every line of the books. The floor writes the same rows into the same
//! tables of a second database, one transaction for each page, as many at a time.

use crate::{
    Bench,
    crew::{Crew, LEASES},
    database::{Database, connect},
    report::{Goal, Row},
    responder::Responder,
    rows::Rows,
};
use futures_util::future::try_join_all;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;
use uuid::Uuid;

const ROUNDS: usize = 3;

/// Posts on a page, and accounts that have one.
const PAGES: [(usize, usize); 3] = [(100, 160), (3, 320), (1, 320)];

pub async fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (posts, accounts) in PAGES {
        rows.extend(pages_of(bench, posts, accounts).await?);
    }
    Ok(rows)
}

async fn pages_of(bench: &Bench, posts: usize, accounts: usize) -> anyhow::Result<Vec<Row>> {
    let ours = Database::create(bench, "imports", accounts, 10).await?;
    let bare = Database::create(bench, "imports_bare", accounts, 10).await?;
    let responder = Responder::start(Duration::ZERO, posts)?;
    let crew = Crew::of(&ours, &responder)?;
    let (mut runs, mut floors, mut wal) = (Vec::new(), Vec::new(), Vec::new());
    let all = posts * accounts;
    for round in 0..=ROUNDS {
        ours.all_due().await?;
        let (began, written) = (Instant::now(), ours.wal_bytes().await?);
        crew.work_off().await?;
        let rate = all as f64 / began.elapsed().as_secs_f64();
        let bytes = (ours.wal_bytes().await? - written) / all as f64;
        let messages = ours.count("SELECT count(*) FROM nchat_messages").await?;
        anyhow::ensure!(messages == (all * (round + 1)) as i64, "{messages} messages of {}", all * (round + 1));
        let floor = all as f64 / write_again(&ours, &bare).await?.as_secs_f64();
        eprintln!("  {posts} posts a page, round {round}: {rate:.0}/s, floor {floor:.0}/s");
        if round > 0 {
            runs.push(rate);
            floors.push(floor);
            wal.push(bytes);
        }
    }
    let goals = if posts == 100 { vec![Goal::AtLeast(4_000.0), Goal::OfFloor(0.5)] } else { vec![Goal::OfFloor(0.5)] };
    let floor = Some(("UNNEST inserts of the same rows", floors));
    Ok(vec![
        Row { what: format!("imports, {posts} posts a page"), unit: "posts/s", runs, floor, goals },
        Row {
            what: format!("write-ahead log of a post, {posts} a page"),
            unit: "bytes",
            runs: wal,
            floor: None,
            goals: vec![Goal::None],
        },
    ])
}

/// The rows of an account's latest poll.
struct Page {
    account: Uuid,
    tables: Vec<Rows>,
}

/// Writes what the latest polls wrote into `bare`; how long that takes, without the reading.
async fn write_again(ours: &Database, bare: &Database) -> anyhow::Result<Duration> {
    let accounts = ours.client.query("SELECT id FROM nchat_social_accounts", &[]).await?;
    let latest = "(SELECT max(imported_at) FROM nchat_social_posts WHERE account_id = $1)";
    let newest =
        format!("(SELECT p.id FROM nchat_social_posts p WHERE p.account_id = $1 AND p.imported_at = {latest})");
    let tables = [
        (
            "nchat_social_billed",
            format!("resource_id IN (SELECT post_id FROM nchat_social_posts WHERE id IN {newest})"),
        ),
        ("nchat_social_posts", format!("id IN {newest}")),
        ("nchat_messages", format!("id IN (SELECT message_id FROM nchat_social_deliveries WHERE post_id IN {newest})")),
        ("nchat_social_deliveries", format!("post_id IN {newest}")),
        (
            "nchat_social_import_logs",
            "id = (SELECT id FROM nchat_social_import_logs WHERE account_id = $1 ORDER BY completed_at DESC LIMIT 1)"
                .into(),
        ),
    ];
    let mut pages = Vec::new();
    for row in &accounts {
        let account: Uuid = row.get(0);
        let mut taken = Vec::new();
        for (table, condition) in &tables {
            taken.push(Rows::take(&ours.client, table, condition, &account).await?);
        }
        pages.push(Page { account, tables: taken });
    }
    let pages = Arc::new(Mutex::new(pages));
    let mut connections = Vec::new();
    for _ in 0..LEASES {
        connections.push(connect(&bare.url).await?);
    }
    let began = Instant::now();
    let writers = connections.into_iter().map(|mut connection| {
        let pages = pages.clone();
        tokio::spawn(async move {
            let mut statements = Vec::new();
            let moved = connection
                .prepare(
                    "UPDATE nchat_social_accounts SET last_poll_time = now(), next_poll_at = now() + interval '1 hour' \
                     WHERE id = $1",
                )
                .await?;
            loop {
                let Some(page) = pages.lock().await.pop() else { return anyhow::Ok(()) };
                if statements.is_empty() {
                    for rows in &page.tables {
                        statements.push(connection.prepare(rows.statement()).await?);
                    }
                }
                let transaction = connection.transaction().await?;
                let writes = page.tables.iter().zip(&statements).map(|(rows, to)| rows.write(&transaction, to));
                // Sent together, as nothing waits for an answer.
                try_join_all(writes).await?;
                transaction.execute(&moved, &[&page.account]).await?;
                transaction.commit().await?;
            }
        })
    });
    for ended in try_join_all(writers).await? {
        ended?;
    }
    Ok(began.elapsed())
}
