//! Setting up the queue's tables.

use super::bench::{Bench, Tally, Workers, database, discard, execute, fresh_uuid, hasty, job, open, server};
use nchat_social::{
    domain::{Clock, clock::SystemClock},
    worker::queue::{JobQueue, QueueError, apalis::ApalisQueue},
};
use secrecy::SecretString;
use sqlx::{Connection as _, PgConnection};

#[tokio::test]
async fn three_processes_may_set_up_at_once() {
    let url = database().await;
    let secret = SecretString::from(url.clone());
    let (first, second, third) =
        tokio::join!(ApalisQueue::setup(&secret), ApalisQueue::setup(&secret), ApalisQueue::setup(&secret));
    for outcome in [first, second, third] {
        outcome.expect("all succeed");
    }
    ApalisQueue::setup(&secret).await.expect("and again");
    discard(&url).await;
}

/// A login of the database `url` that may do nothing yet.
async fn stranger(url: &str) -> (String, String) {
    let name = format!("it_{}", fresh_uuid().simple());
    let mut connection = PgConnection::connect(url).await.expect("the database answers");
    execute(&mut connection, &format!("CREATE ROLE {name} LOGIN PASSWORD '{name}'")).await;
    let mut login = url::Url::parse(url).expect("a URL");
    login.set_username(&name).expect("a name");
    login.set_password(Some(&name)).expect("a password");
    (name, login.into())
}

/// Deletes a [`stranger`], whose database is gone already.
async fn dismiss(name: &str) {
    let mut server_connection = PgConnection::connect(&server()).await.expect("the server answers");
    execute(&mut server_connection, &format!("DROP ROLE {name}")).await;
}

fn said(outcome: Result<(), QueueError>) -> String {
    let problem = outcome.expect_err("refused");
    std::error::Error::source(&problem).expect("a reason").to_string()
}

#[tokio::test]
async fn a_login_that_may_not_create_is_told_so() {
    let url = database().await;
    let (name, login) = stranger(&url).await;
    let words = said(ApalisQueue::setup(&SecretString::from(login.clone())).await);
    assert!(words.contains("GRANT CREATE ON DATABASE"), "{words}");

    let mut connection = PgConnection::connect(&url).await.expect("the database answers");
    let database = url::Url::parse(&url).expect("a URL").path().trim_start_matches('/').to_owned();
    execute(
        &mut connection,
        &format!("GRANT CREATE ON DATABASE {database} TO {name}; GRANT CREATE ON SCHEMA public TO {name}"),
    )
    .await;
    ApalisQueue::setup(&SecretString::from(login)).await.expect("what was advised is enough");
    discard(&url).await;
    dismiss(&name).await;
}

#[tokio::test]
async fn a_login_that_owns_nothing_can_work() {
    let mut bench = Bench::new().await;
    let (name, login) = stranger(&bench.url).await;
    execute(
        &mut bench.eye,
        &format!(
            "GRANT USAGE ON SCHEMA apalis TO {name}; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON apalis.jobs, apalis.workers TO {name}"
        ),
    )
    .await;
    let queue = open(&login, hasty());
    queue.push(job()).await.expect("pushed");
    assert_eq!(queue.waiting().await.expect("counted"), 1);
    let workers = Workers::start(&queue, 1, Tally::default().handler());
    bench.until_done(1).await;
    workers.end().await;
    let later = SystemClock.now() + chrono::Duration::hours(1);
    assert_eq!(queue.prune(later).await.expect("pruned"), 1);
    bench.end().await;
    dismiss(&name).await;
}

#[tokio::test]
async fn hstore_out_of_sight_is_named_and_the_advice_helps() {
    let url = database().await;
    let mut connection = PgConnection::connect(&url).await.expect("the database answers");
    execute(&mut connection, "CREATE SCHEMA extensions; CREATE EXTENSION hstore SCHEMA extensions").await;
    let words = said(ApalisQueue::setup(&SecretString::from(url.clone())).await);
    assert!(words.contains("search_path"), "{words}");

    let seeing = format!("{url}?options=-csearch_path%3Dpublic,extensions");
    ApalisQueue::setup(&SecretString::from(seeing.clone())).await.expect("with the search_path it works");
    let mut bench = Bench { url: seeing, eye: connection };
    let queue = bench.queue(hasty());
    queue.push(job()).await.expect("pushed");
    let workers = Workers::start(&queue, 1, Tally::default().handler());
    bench.until_done(1).await;
    workers.end().await;
    bench.url = url;
    bench.end().await;
}
