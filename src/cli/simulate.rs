//! `simulate`: the three platforms as one small world.

use super::{
    Fault,
    signals::{stop_on_signal, stopped},
};
use crate::{
    domain::{clock::SystemClock, dice::SystemDice},
    simulator::{Shared, Simulator, feed, instagram, linkedin, twitter},
};
use anyhow::{Context, anyhow};
use clap::Args;
use std::{net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::net::TcpListener;

/// How the world is made.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Where it answers; loopback only
    #[arg(long, default_value = "127.0.0.1:8096", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Posts published by itself, per minute over all platforms
    #[arg(long, default_value_t = 0.0, value_name = "POSTS")]
    rate: f64,
    /// Posts to begin with, in a platform's own response JSON: twitter=timeline.json, instagram=media.json, …
    #[arg(long, value_name = "PLATFORM=FILE", num_args = 1.., value_parser = world_file)]
    world: Vec<(String, PathBuf)>,
}

fn world_file(text: &str) -> Result<(String, PathBuf), String> {
    let (platform, file) = text.split_once('=').ok_or("use PLATFORM=FILE, for example twitter=timeline.json")?;
    Ok((platform.to_owned(), PathBuf::from(file)))
}

/// Runs the simulator until a signal.
pub async fn simulate(options: Simulate) -> Result<(), Fault> {
    let listener = listen(options.listen).await?;
    let simulator = world(listener.local_addr().context("the listener's address")?);
    feed::seed(&simulator).map_err(|why| anyhow!(why))?;
    for (platform, file) in &options.world {
        load(&simulator, platform, file)?;
    }
    let stop = stop_on_signal()?;
    println!("Simulating X, Instagram and LinkedIn on {0}\nControl: {0}/_control/", simulator.shared().base_url);
    print_settings(&simulator.shared().base_url);
    let (served, ()) = tokio::join!(
        simulator.clone().serve(listener, stopped(stop.clone())),
        feed::feed(simulator.clone(), options.rate, stopped(stop.clone())),
    );
    Ok(served.context("the simulator ended")?)
}

/// Binds the simulator's address.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Fault> {
    if !address.ip().is_loopback() {
        return Err(Fault::usage(format!("{address} can be reached from elsewhere: the simulator is for 127.0.0.1")));
    }
    Ok(TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: is the port taken? Choose another with --listen"))?)
}

/// An empty world answering on `address`.
pub fn world(address: SocketAddr) -> Arc<Simulator> {
    let shared = Shared::new(Arc::new(SystemClock), Arc::new(SystemDice), format!("http://{address}"));
    Simulator::new(
        shared.clone(),
        vec![twitter::new(shared.clone()), instagram::new(shared.clone()), linkedin::new(shared)],
    )
}

/// Loads a recorded page for the platform's first account.
fn load(simulator: &Simulator, platform: &str, file: &PathBuf) -> Result<(), Fault> {
    let name = file.display();
    let world = simulator
        .world(platform)
        .ok_or_else(|| Fault::usage(format!("{platform} is not simulated: use twitter, instagram or linkedin")))?;
    let account = world.accounts().into_iter().next().context("the world has no account")?;
    let text = std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?;
    let page = serde_json::from_str(&text).with_context(|| format!("{name} is not JSON"))?;
    let posts = world.load(&account, &page).map_err(|why| anyhow!("{name}: {why}"))?;
    println!("{name}: {posts} posts for {account}");
    Ok(())
}

/// The settings with which this service talks to the simulator.
pub fn settings(base: &str) -> Vec<(&'static str, String)> {
    let at = |path: &str| format!("{base}{path}");
    vec![
        ("TWITTER_CLIENT_ID", twitter::CLIENT_ID.into()),
        ("TWITTER_CLIENT_SECRET", twitter::CLIENT_SECRET.into()),
        ("TWITTER_AUTHORIZE_URL", at("/twitter/i/oauth2/authorize")),
        ("TWITTER_TOKEN_URL", at("/twitter/2/oauth2/token")),
        ("TWITTER_REVOKE_URL", at("/twitter/2/oauth2/revoke")),
        ("TWITTER_API_URL", at("/twitter")),
        ("INSTAGRAM_APP_ID", instagram::APP_ID.into()),
        ("INSTAGRAM_APP_SECRET", instagram::APP_SECRET.into()),
        ("INSTAGRAM_AUTHORIZE_URL", at("/instagram/oauth/authorize")),
        ("INSTAGRAM_TOKEN_URL", at("/instagram/oauth/access_token")),
        ("INSTAGRAM_GRAPH_URL", at("/instagram/graph")),
        ("FACEBOOK_APP_ID", instagram::FACEBOOK_APP_ID.into()),
        ("FACEBOOK_APP_SECRET", instagram::FACEBOOK_APP_SECRET.into()),
        ("FACEBOOK_AUTHORIZE_URL", at("/facebook/v26.0/dialog/oauth")),
        ("FACEBOOK_GRAPH_URL", at("/facebook-graph")),
        ("LINKEDIN_CLIENT_ID", linkedin::CLIENT_ID.into()),
        ("LINKEDIN_CLIENT_SECRET", linkedin::CLIENT_SECRET.into()),
        ("LINKEDIN_AUTHORIZE_URL", at("/linkedin/oauth/v2/authorization")),
        ("LINKEDIN_TOKEN_URL", at("/linkedin/oauth/v2/accessToken")),
        ("LINKEDIN_API_URL", at("/linkedin")),
        // The simulated app's, unless a switch says otherwise.
        ("LINKEDIN_TIER", "standard".into()),
        (
            "LINKEDIN_SCOPES",
            "r_organization_social,r_organization_social_feed,rw_organization_admin,r_basicprofile".into(),
        ),
    ]
}

fn print_settings(base: &str) {
    println!("\nSettings for a service that talks to it:");
    for (name, value) in settings(base) {
        println!("  {name}={value}");
    }
}
