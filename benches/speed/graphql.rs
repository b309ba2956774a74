//! A page of posts with account and deliveries, as the administrator's page asks for it. The floor is a handler written
//! for this one question: the same statements in one transaction, and JSON.

use crate::{
    Bench,
    crew::{Crew, SECRET, config},
    database::Database,
    http::Connection,
    report::{Goal, Row, median},
    responder::Responder,
};
use anyhow::Context;
use axum::{Json, Router, extract::State, routing::post};
use nchat_social::{
    store::{PageRequest, Store, accounts, deliveries, posts},
    web,
};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use uuid::Uuid;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);
/// Clients that ask one after another.
const CLIENTS: usize = 8;

const DOCUMENT: &str = "{ socialPosts(first: 50) { page_info { has_next_page end_cursor } nodes { \
    id platform post_id post_url content author_name author_handle hashtags engagement posted_at imported_at \
    was_posted_to_channel account { id account_name account_handle health } \
    deliveries { id status reason channel_id message_id decided_at } } } }";

pub async fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    // 10,000 posts of 100 accounts, imported by the program itself.
    let database = Database::create(bench, "graphql", 100, 1).await?;
    let responder = Responder::start(Duration::ZERO, 100)?;
    let crew = Crew::of(&database, &responder)?;
    crew.work_off().await?;
    database.client.batch_execute("VACUUM ANALYZE").await?;

    let config = config(&database.url, &responder.base)?;
    let state = web::WebState {
        service: crew.service.clone(),
        schema: crew.schema.clone(),
        auth: Arc::new(config.auth),
        web: Arc::new(config.web),
        health: Arc::new(web::Health::new(false, crew.service.clock.now())),
    };
    let ours = listen(web::router(state)).await?;
    let floor = listen(Router::new().route("/graphql", post(bare)).with_state(crew.service.store.clone())).await?;
    let (mut runs, mut floors) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (measured, bare) = (ask(ours).await?, ask(floor).await?);
        eprintln!("  round {round}: {:.0}/s, floor {:.0}/s", measured.rate, bare.rate);
        if round > 0 {
            runs.push(measured);
            floors.push(bare);
        }
    }
    let row = |what: &str, unit, of: fn(&Asked) -> f64, goal| Row {
        what: what.into(),
        unit,
        runs: runs.iter().map(of).collect(),
        floor: Some(("axum, the same SQL, serde_json", floors.iter().map(of).collect())),
        goals: vec![goal],
    };
    Ok(vec![
        row("GraphQL: 50 posts with account and deliveries", "requests/s", |asked| asked.rate, Goal::OfFloor(0.6)),
        row("their p50, 8 clients", "ms", |asked| asked.p50, Goal::None),
        row("their p99, 8 clients", "ms", |asked| asked.p99, Goal::None),
    ])
}

async fn listen(router: Router) -> anyhow::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// The handler that a person would write for this question alone.
async fn bare(State(store): State<Store>) -> Json<Value> {
    Json(read(&store).await.expect("the database answers"))
}

async fn read(store: &Store) -> Result<Value, nchat_social::store::StoreError> {
    let mut connection = store.connection().await?;
    let transaction = connection.begin("primary").await?;
    let page = PageRequest { first: 50, after: None };
    let page = posts::list(&transaction, "primary", &posts::PostFilter::default(), page).await?;
    let mut of: Vec<Uuid> = page.rows.iter().map(|(_, post)| post.account_id).collect();
    of.sort_unstable();
    of.dedup();
    let ids: Vec<Uuid> = page.rows.iter().map(|(_, post)| post.id).collect();
    let (accounts, deliveries) = futures_util::try_join!(
        accounts::list(&transaction, "primary", Some(&of), None),
        deliveries::of_posts(&transaction, "primary", &ids),
    )?;
    transaction.commit().await?;
    let nodes = page.rows.iter().map(|(_, post)| {
        let account = accounts.iter().find(|account| account.id == post.account_id).map(|account| {
            json!({"id": account.id, "account_name": account.account_name, "account_handle": account.account_handle,
                   "health": account.health})
        });
        let deliveries = deliveries.iter().filter(|delivery| delivery.post_id == post.id).map(|delivery| {
            json!({"id": delivery.id, "status": delivery.status, "reason": delivery.reason,
                   "channel_id": delivery.channel_id, "message_id": delivery.message_id,
                   "decided_at": delivery.decided_at})
        });
        json!({"id": post.id, "platform": post.platform, "post_id": post.post_id, "post_url": post.post_url,
               "content": post.content, "author_name": post.author_name, "author_handle": post.author_handle,
               "hashtags": post.hashtags, "engagement": post.engagement, "posted_at": post.posted_at,
               "imported_at": post.imported_at, "was_posted_to_channel": post.was_posted_to_channel,
               "account": account, "deliveries": deliveries.collect::<Vec<_>>()})
    });
    Ok(json!({"data": {"socialPosts": {"nodes": nodes.collect::<Vec<_>>()}}}))
}

struct Asked {
    rate: f64,
    p50: f64,
    p99: f64,
}

async fn ask(address: SocketAddr) -> anyhow::Result<Asked> {
    let body = json!({ "query": DOCUMENT }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\nx-nchat-social-secret: {SECRET}\r\n\
         x-hasura-role: admin\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let began = Instant::now();
    let clients = (0..CLIENTS).map(|_| {
        let request = request.clone();
        tokio::spawn(async move {
            let (mut connection, mut times) = (Connection::open(address).await?, Vec::new());
            while began.elapsed() < ROUND {
                let asked = Instant::now();
                let (status, body) = connection.ask(request.as_bytes()).await?;
                times.push(asked.elapsed().as_secs_f64() * 1e3);
                if times.len() == 1 {
                    check(status, &body)?;
                }
            }
            anyhow::Ok(times)
        })
    });
    let mut times = Vec::new();
    for client in clients.collect::<Vec<_>>() {
        times.extend(client.await??);
    }
    let rate = times.len() as f64 / began.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let p99 = times.get(times.len() * 99 / 100).copied().context("an answer")?;
    Ok(Asked { rate, p50: median(&times), p99 })
}

/// The answer has 50 posts with an account and a delivery each.
fn check(status: u16, body: &[u8]) -> anyhow::Result<()> {
    let answer: Value = serde_json::from_slice(body)?;
    let nodes = answer["data"]["socialPosts"]["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let whole = |node: &Value| node["account"]["id"].is_string() && node["deliveries"][0]["status"].is_string();
    anyhow::ensure!(status == 200 && nodes.len() == 50 && nodes.iter().all(whole), "{status}: {answer}");
    Ok(())
}
