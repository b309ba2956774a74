//! Tokens that an nchat installation stored itself.

use super::{NEXT_KEY, both};
use crate::{
    app::{App, ENCRYPTION_KEY, database::Database, world::X_ACCOUNT},
    connect::{credential, tokens_of},
    processes::Process,
};
use aes_gcm::{AeadInOut, AesGcm, KeyInit, aead::consts::U16, aes::Aes256};
use base64::{Engine, engine::general_purpose::STANDARD};
use nchat_social::{
    domain::{Platform, TokenSet},
    simulator::Draft,
};
use secrecy::ExposeSecret;
use serde_json::json;
use uuid::Uuid;

/// As nchat's own code seals.
fn nchat_seals(key: &str, text: &str) -> String {
    let mut derived = [0; 32];
    pbkdf2::pbkdf2_hmac::<sha2::Sha256>(key.as_bytes(), b"social-media-salt", 100_000, &mut derived);
    let nonce = [9_u8; 16];
    let mut body = text.as_bytes().to_vec();
    let cipher = AesGcm::<Aes256, U16>::new(&derived.into());
    let tag = cipher.encrypt_inout_detached(&nonce.into(), b"", body.as_mut_slice().into()).expect("sealed");
    STANDARD.encode([&nonce[..], &tag, &body].concat())
}

/// `migrate`: what it says.
async fn migrate(app: &App, key: Option<&str>) -> String {
    let mut command = Process::command(&app.database, &app.simulator, &["migrate"]);
    match key {
        Some(key) => command.env("SOCIAL_MEDIA_ENCRYPTION_KEY", key),
        None => command.env_remove("SOCIAL_MEDIA_ENCRYPTION_KEY"),
    };
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("ends").expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const HELD: &str = "SELECT count(*) FROM nchat_social_accounts \
                    WHERE access_token_encrypted IS NOT NULL OR refresh_token_encrypted IS NOT NULL";

/// A row as nchat's document CreateSocialAccount writes it.
async fn nchat_writes(app: &App, platform: &str, id: &str, access: &str, refresh: Option<&str>) {
    app.chat
        .run(
            "INSERT INTO nchat_social_accounts (platform, account_id, account_name, access_token_encrypted, \
               refresh_token_encrypted, token_expires_at, is_active, created_at, next_poll_at) \
             VALUES ($1, $2, 'Of ' || $1, $3, $4, $5, true, $6, $6)",
            &[
                &platform,
                &id,
                &access,
                &refresh,
                &(nchat_social::domain::Clock::now(&*app.clock) + chrono::Duration::hours(2)),
                &nchat_social::domain::Clock::now(&*app.clock),
            ],
        )
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrate_takes_over_what_nchat_stored() {
    let mut app = App::start().await;
    let connected = app.connect_one(Platform::Twitter).await;
    let TokenSet { access_token, refresh_token, .. } = tokens_of(&app, connected).await;
    let refresh_token = refresh_token.expect("a refresh token");
    // The installation as it was before this service: nchat's rows, and no login.
    app.chat.script("DELETE FROM nchat_social_accounts").await;
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 0);
    let old = |text: &str| nchat_seals(ENCRYPTION_KEY, text);
    let (access, refresh) = (old(access_token.expose_secret()), old(refresh_token.expose_secret()));
    nchat_writes(&app, "twitter", X_ACCOUNT, &access, Some(&refresh)).await;
    nchat_writes(&app, "linkedin", "urn:li:person:x", &nchat_seals("another", "t"), None).await;
    nchat_writes(&app, "instagram", "17", &old("t"), Some("never sealed")).await;

    let said = migrate(&app, None).await;
    assert!(said.contains("3 accounts hold tokens that nchat stored") && said.contains("not set"), "{said}");
    assert_eq!(app.chat.count(HELD).await, 3, "nothing is lost");

    for adopted in ["1 accounts go on", "0 accounts go on"] {
        let said = migrate(&app, Some(&both())).await;
        assert!(said.contains(adopted), "{said}");
        assert!(said.contains("2 accounts hold tokens that SOCIAL_MEDIA_ENCRYPTION_KEY does not open"), "{said}");
        assert!(said.contains("LinkedIn account \"Of linkedin\"") && said.contains("Instagram account"), "{said}");
        assert!(!said.contains(&access[..20]) && !said.contains("never sealed"), "{said}");
        assert_eq!(app.chat.count(HELD).await, 2, "what cannot be opened stays");
    }

    // It is polled, and renewed when its time comes, under the newest key.
    let service = super::with_keys(&app, &[NEXT_KEY]);
    app.use_service(service);
    let id: Uuid = app.chat.value("SELECT id FROM nchat_social_accounts WHERE platform = 'twitter'").await[0]["id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("an id");
    app.poll_after(1).await;
    app.integrate(id, app.chat.announcements, json!({})).await;
    let world = app.simulator.world("twitter").expect("X");
    world.publish(X_ACCOUNT, Draft::text("Taken over")).expect("published");
    app.poll_after(115).await;
    assert_eq!(app.chat.texts().await, ["Taken over"]);
    assert_ne!(tokens_of(&app, id).await.access_token.expose_secret(), access_token.expose_secret(), "renewed");
    assert_eq!(app.connect_one(Platform::Twitter).await, id, "connected again it stays the same account");

    // What nchat writes beside a login of ours does not replace it.
    let login = credential(&app, id).await;
    app.chat.run("UPDATE nchat_social_accounts SET access_token_encrypted = $2 WHERE id = $1", &[&id, &access]).await;
    let said = migrate(&app, Some(&both())).await;
    assert!(said.contains("1 accounts were connected since"), "{said}");
    assert_eq!(app.chat.count(HELD).await, 2);
    assert_eq!(credential(&app, id).await.access_token_sealed, login.access_token_sealed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_of_our_names_that_somebody_else_made_are_refused_by_name() {
    let app = App::start().await;
    let database = Database::empty();
    let client = database.client().await;
    client.batch_execute(crate::app::database::NCHAT).await.expect("nchat's tables");
    client.batch_execute("CREATE TABLE nchat_social_accounts (id uuid PRIMARY KEY)").await.expect("a table");
    let mut command = Process::command(&database, &app.simulator, &["migrate"]);
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("ends").expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("nchat_social_accounts") && said.contains("rename"), "{said}");
    let there =
        client.query_one("SELECT to_regclass('nchat_social_migrations') IS NOT NULL", &[]).await.expect("a row");
    assert!(!there.get::<_, bool>(0), "nothing was done");
    drop(client);

    // Renamed as advised, it works.
    let client = database.client().await;
    client.batch_execute("ALTER TABLE nchat_social_accounts RENAME TO old_social_accounts").await.expect("renamed");
    let mut command = Process::command(&database, &app.simulator, &["migrate"]);
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("ends").expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
