//! Which consents are alive.

use super::*;

#[tokio::test]
async fn an_account_is_alive_while_a_long_lived_token_of_it_is() {
    let meta = Meta::new();
    let alive = || -> Vec<bool> { meta.world.grants().iter().map(|grant| grant.alive).collect() };
    assert_eq!(alive(), [false, false]);
    let token = meta.login(FIRST).await;
    assert_eq!(alive(), [true, false]);
    meta.wait(25);
    let query = [("grant_type", "ig_refresh_token"), ("access_token", &*token)];
    assert_eq!(meta.instagram("refresh_access_token", &query).await.status, 200);
    assert_eq!(meta.world.grants()[0].renewals, 1);
    meta.wait(60 * 24 - 2);
    assert_eq!(alive(), [true, false], "60 days from the renewal");
    meta.wait(2);
    assert_eq!(alive(), [false, false]);

    meta.login(FIRST).await;
    meta.world.withdraw(FIRST, "instagram_business_basic").expect("an account");
    assert_eq!(alive(), [false, false], "without the one scope nothing can be read");
    meta.login(FIRST).await;
    meta.login(SECOND).await;
    meta.world.revoke(SECOND).expect("an account");
    assert_eq!(alive(), [true, false]);
    assert!(meta.world.rotate(FIRST).is_err(), "nothing rotates here");
}
