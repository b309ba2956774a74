//! Logins that end although they could go on, and ends of which there are two.

use super::{alert, start, texts};
use chrono::Duration;
use nchat_social::{
    domain::{Clock, Platform},
    simulator::{Fault, FaultKind},
};

/// A token that renews itself dies when its renewals fail, and nobody was told before it had. Meta advises an alarm a week
/// before the end.
#[tokio::test]
async fn defect_a_login_whose_renewals_fail_is_reminded_of_before_it_ends() {
    let (app, channel) = start().await;
    app.connect_one(Platform::Instagram).await;
    app.poll().await;
    let world = app.simulator.world("instagram").expect("Instagram");
    app.clock.advance(Duration::days(35));
    app.poll().await;
    let renewals: u32 = world.grants().iter().map(|grant| grant.renewals).sum();
    assert_eq!(renewals, 1, "it renews itself");
    let renewal = Fault::new("instagram", "/graph/refresh_access_token", FaultKind::Html(503));
    app.simulator.fault(renewal).expect("armed");
    for (hours, told) in [(35 * 24, 0), (10 * 24, 0), (2 * 24, 1), (7 * 24, 2), (24, 2), (108, 3)] {
        app.clock.advance(Duration::hours(hours));
        app.poll().await;
        alert(&app).await;
        alert(&app).await;
        assert_eq!(texts(&app, channel).await.len(), told, "{hours} more hours");
    }
    for text in texts(&app, channel).await {
        assert!(text.starts_with("Instagram, ") && text.contains("the login ends on"), "{text}");
    }
}

/// Facebook's login of a person ends with its token, though the access to the person's data would last longer.
#[tokio::test]
async fn defect_of_two_ends_the_first_counts() {
    let (app, channel) = start().await;
    app.connect_one(Platform::Instagram).await;
    app.poll().await;
    let (token, data) = (app.clock.now() + Duration::days(5), app.clock.now() + Duration::days(30));
    app.chat
        .run("UPDATE nchat_social_credentials SET access_expires_at = $1, refresh_expires_at = $2", &[&token, &data])
        .await;
    assert_eq!(alert(&app).await, 1);
    let told = texts(&app, channel).await;
    assert!(told[0].contains(&token.format("%-d %B %Y at %H:%M").to_string()), "{told:?}");
}
