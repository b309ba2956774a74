//! Prints messages as they land in nchat's table.

use super::super::print::Style;
use crate::store::Store;
use std::time::Duration;
use tokio::sync::watch::Receiver;

/// Prints messages until `stop`, those from before first.
pub async fn print_messages(store: &Store, tenant: &str, style: Style, mut stop: Receiver<bool>) -> anyhow::Result<()> {
    let mut last = None;
    let mut looks = tokio::time::interval(Duration::from_millis(500));
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
        }
        for message in store.landed(tenant, last).await? {
            last = Some(message.position);
            let time = message.position.at.format("%H:%M:%S").to_string();
            println!("{} {}", style.dim(&time), style.bold(&format!("#{}", message.channel)));
            for line in message.content.lines() {
                println!("         {line}");
            }
        }
    }
}
