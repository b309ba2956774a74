//! Throttles: HTTP 400, a code, and percentages that rise with calls.

use super::*;
use crate::simulator::{Fault, FaultKind};

fn share(answer: &Answer, header: &str) -> Option<u64> {
    let usage: Value = serde_json::from_str(answer.headers.get(header)?.to_str().ok()?).ok()?;
    match header {
        "x-app-usage" => usage["call_count"].as_u64(),
        _ => usage[FIRST][0]["call_count"].as_u64(),
    }
}

#[tokio::test]
async fn percentages_rise_until_the_limit_refuses() {
    for (switch, code, header, hours) in [
        ("app_quota", 4, "x-app-usage", 1),
        ("user_quota", 17, "x-app-usage", 1),
        ("custom_quota", 613, "x-app-usage", 1),
        ("quota", 80002, "x-business-use-case-usage", 24),
    ] {
        let meta = Meta::new();
        let token = meta.login(FIRST).await;
        meta.switch(switch, "4");
        let read = async || meta.instagram("v26.0/me/media", &[("access_token", &token)]).await;
        for percent in [25, 50, 75, 100] {
            let answer = read().await;
            assert_eq!((answer.status, share(&answer, header)), (200, Some(percent)), "{switch}");
        }
        let refused = read().await;
        assert_eq!((refused.error().0, refused.error().1), (400, code), "{switch}");
        assert_eq!(share(&refused, header), Some(125), "{switch}");
        meta.wait(hours);
        assert_eq!(read().await.status, 200, "{switch}: over by itself");
    }
}

#[tokio::test]
async fn every_refusal_can_be_armed_by_its_name() {
    let meta = Meta::new();
    let token = meta.login(FIRST).await;
    let simulator = Simulator::new(meta.world.shared.clone(), vec![meta.world.clone()]);
    for (name, code) in
        [("app_limit", 4), ("user_limit", 17), ("page_limit", 32), ("custom_limit", 613), ("quota", 80002)]
    {
        let kind = FaultKind::Preset(name.into());
        simulator.fault(Fault::new("instagram", "/graph/v26.0", kind).times(1)).expect("armed");
        let meta = Meta { router: simulator.router(), world: meta.world.clone(), clock: meta.clock.clone() };
        let answer = meta.instagram("v26.0/me", &[("access_token", &token)]).await;
        assert_eq!((answer.error().0, answer.error().1), (400, code), "{name}");
        let told = ["x-app-usage", "x-business-use-case-usage"].iter().any(|name| answer.headers.contains_key(*name));
        assert!(told, "{name}: it says in its headers that everything is used up");
    }
    for (name, _) in meta.world.presets() {
        assert!(meta.world.preset(name).is_some_and(|preset| preset.status >= 400), "{name}");
    }
}
