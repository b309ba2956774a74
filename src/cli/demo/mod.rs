//! What `make run` runs: the simulated platforms, the service and its worker in one process, on a real Postgres; accounts
//! connected through the real OAuth routes, integrations created through GraphQL, messages printed as they land.

mod browser;
mod watch;

use super::{
    Fault,
    build::App,
    migrate,
    print::Style,
    signals::{stop_on_signal, stopped},
    simulate,
};
use crate::{
    config::{Config, environment},
    domain::{Dice, Platform, dice::SystemDice},
    simulator::feed,
    web,
};
use anyhow::{Context, anyhow};
use browser::Browser;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::watch::{Receiver, Sender},
};

/// Posts the simulated platforms publish by themselves, per minute.
const POSTS_PER_MINUTE: f64 = 40.0;

/// Polls come this often here; a real platform's floor is higher.
const POLL_EVERY: chrono::Duration = chrono::Duration::seconds(3);

/// Runs everything until a signal, or for DEMO_SECONDS.
pub async fn demo() -> Result<(), Fault> {
    let simulator_at: SocketAddr = format!("127.0.0.1:{}", environment("SIM_PORT").unwrap_or_else(|| "8096".into()))
        .parse()
        .map_err(|_| Fault::usage("SIM_PORT is not a port"))?;
    let seconds = seconds()?;
    let simulator_listener = simulate::listen(simulator_at).await?;
    let simulator = simulate::world(simulator_at);
    feed::seed(&simulator).map_err(|why| anyhow!(why))?;

    let shared_secret = SystemDice.token();
    let admin_token = SystemDice.token();
    let app = build(&simulator.shared().base_url, &shared_secret, &admin_token).await?;
    let listen = app.config.web.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}: is the port taken? Choose another with RUN_PORT"))?;
    let (end, stop) = end_after(stop_on_signal()?, seconds);
    let worker = app.worker()?;
    let style = Style::stdout();
    let base = format!("http://{listen}");
    let (served, simulated, (), (), shown) = tokio::join!(
        web::serve(listener, app.router(), stopped(stop.clone())),
        simulator.clone().serve(simulator_listener, stopped(stop.clone())),
        worker.run(stop.clone()),
        feed::feed(simulator.clone(), POSTS_PER_MINUTE, stopped(stop.clone())),
        async {
            let outcome = show(&app, &base, (&shared_secret, &admin_token), style, stop.clone()).await;
            if let Err(error) = &outcome {
                eprintln!("{}", style.bad(&format!("{error:#}")));
                end.send_replace(true);
            }
            outcome
        },
    );
    served.context("the server ended")?;
    simulated.context("the simulator ended")?;
    Ok(shown?)
}

/// Settings for the simulator, database and tables, and the parts built on them.
async fn build(simulator: &str, shared_secret: &str, admin_token: &str) -> Result<App, Fault> {
    let mut given = simulate::settings(simulator);
    given.push(("NCHAT_SOCIAL_SHARED_SECRET", shared_secret.to_owned()));
    given.push(("SOCIAL_ADMIN_TOKEN", admin_token.to_owned()));
    given.push(("SOCIAL_GRAPHIQL", "true".into()));
    let env = |name: &str| {
        let ours = given.iter().find(|(ours, _)| *ours == name).map(|(_, value)| value.clone());
        ours.or_else(|| environment(name))
    };
    let mut app = App::build(Config::from_env(&env)?, true)?;
    app.service.store.create_standin().await.context("creating stand-ins for nchat's tables")?;
    migrate::up(&app.config.database.url).await?;
    let settings = crate::service::Settings {
        poll_interval: POLL_EVERY,
        least_interval: POLL_EVERY,
        interval_floor: Some(POLL_EVERY),
        ..(*app.service.settings).clone()
    };
    app.service.settings = Arc::new(settings);
    app.schema = crate::graphql::schema(app.service.clone());
    Ok(app)
}

/// Connects, configures, and prints what lands in the channels.
async fn show(
    app: &App,
    base: &str,
    (secret, admin_token): (&str, &str),
    style: Style,
    stop: Receiver<bool>,
) -> anyhow::Result<()> {
    let (store, tenant) = (&app.service.store, &app.service.settings.default_tenant);
    let channels = store.open_channels(tenant).await?;
    anyhow::ensure!(!channels.is_empty(), "this database has no channel to post to");
    let browser = Browser::new(base, secret)?;
    println!("{}", style.bold("nchat-social with simulated platforms"));
    for platform in Platform::ALL {
        let accounts = browser.connect(platform).await.with_context(|| format!("connecting {platform}"))?;
        for (account, name) in accounts {
            let (channel, channel_name) = &channels[platform as usize % channels.len()];
            let created = browser.integrate(&account, &channel.to_string()).await?;
            let what = if created { "now posts to" } else { "posts to" };
            println!("  {:<10} {name} {what} #{channel_name}", platform.brand().name);
        }
    }
    // The token is in the part of the address that no server sees; the page changes it for a cookie and drops it.
    println!("\n  Console    {}", style.bold(&format!("{base}/admin/social#token={admin_token}")));
    println!("  GraphiQL   {}", style.bold(&browser.explorer()));
    println!("  Simulator  {}/_control/", app_simulator(app));
    println!("\nMessages as they land in the channels (Ctrl-C stops everything):\n");
    watch::print_messages(store, tenant, style, stop).await
}

fn app_simulator(app: &App) -> String {
    let url = app.config.twitter.as_ref().map(|config| config.api_url.as_str()).unwrap_or_default();
    url.trim_end_matches('/').trim_end_matches("/twitter").to_owned()
}

fn seconds() -> Result<Option<Duration>, Fault> {
    environment("DEMO_SECONDS")
        .map(|text| text.parse().map(Duration::from_secs))
        .transpose()
        .map_err(|_| Fault::usage("DEMO_SECONDS is not a number of seconds"))
}

/// `stop`, or earlier when the time is over or something else ends it.
fn end_after(mut stop: Receiver<bool>, time: Option<Duration>) -> (Sender<bool>, Receiver<bool>) {
    let (sender, receiver) = tokio::sync::watch::channel(false);
    let end = sender.clone();
    tokio::spawn(async move {
        let over = async {
            match time {
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = over => {}
        }
        sender.send_replace(true);
    });
    (end, receiver)
}
