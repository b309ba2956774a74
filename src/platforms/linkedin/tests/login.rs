use super::super::tests::{Asked, Fake, SCOPES, fixture};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

const DENIED: &str = "Not enough permissions to access: me.GET.NO_VERSION";

fn acl(target: &str, urn: &str, role: &str, state: &str) -> Value {
    json!({"role": role, "state": state, "roleAssignee": "urn:li:person:aBcD_12-3", target: urn})
}

/// A LinkedIn where the member has `acls`; pages are called by their number.
fn world(acls: Vec<Value>) -> impl Fn(&Asked) -> (u16, Value) + Clone {
    move |asked| match asked.path() {
        "/v2/me" => (200, fixture("me")),
        "/v2/userinfo" => (200, fixture("userinfo")),
        "/rest/organizationAcls" => (200, json!({"paging": {"links": []}, "elements": acls})),
        "/rest/organizations/5590506" => (200, fixture("organization")),
        "/v2/organizations/5590506" => (
            200,
            json!({"logoV2": {"original~": {"elements": [{"identifiers": [{"identifier": "https://media.licdn.com/logo"}]}]}}}),
        ),
        path => match path.rsplit('/').next() {
            Some("404") => (404, json!({"code": "NOT_FOUND"})),
            Some(number) => (200, json!({"localizedName": format!("Page {number}"), "vanityName": ""})),
            None => (500, json!({})),
        },
    }
}

#[tokio::test]
async fn a_recorded_login_offers_its_pages() {
    let acls = fixture("organizationAcls")["elements"].as_array().expect("elements").clone();
    let fake = Fake::start(world(acls)).await;
    let login = fake.login(SCOPES).await.expect("a login");
    assert_eq!((login.subject.as_str(), login.subject_name.as_str()), ("urn:li:person:aBcD_12-3", "Ada Example"));
    let [page, brand] = &login.identities[..] else { panic!("{login:?}") };
    assert_eq!(page.remote_id, "urn:li:organization:5590506");
    assert_eq!(page.profile.name, "Acme Robotics");
    assert_eq!(page.profile.handle.as_deref(), Some("acme-robotics"));
    assert_eq!(page.profile.url.as_deref(), Some("https://www.linkedin.com/company/acme-robotics"));
    assert_eq!(page.profile.avatar_url.as_deref(), Some("https://media.licdn.com/logo"));
    assert_eq!(brand.remote_id, "urn:li:organizationBrand:106536255");
    assert_eq!(brand.profile.name, "Page 106536255");
    assert_eq!(brand.profile.url.as_deref(), Some("https://www.linkedin.com/company/106536255"));
    assert_eq!(
        fake.asked_for(),
        [
            "/v2/me",
            "/rest/organizationAcls?q=roleAssignee&state=APPROVED&count=100&start=0",
            "/rest/organizations/5590506",
            "/v2/organizations/5590506?projection=(logoV2(original~:playableStreams))",
            "/rest/organizationBrands/106536255",
        ]
    );
    for asked in fake.asked() {
        assert_eq!(asked.header("authorization"), "Bearer AQX");
        assert_eq!(asked.header("linkedin-version"), if asked.path().starts_with("/rest/") { "202609" } else { "" });
    }
}

#[tokio::test]
async fn roles_are_read_in_every_spelling_and_each_page_once() {
    let (member, admin, approved) = ("urn:li:organization", "ADMINISTRATOR", "APPROVED");
    let fake = Fake::start(world(vec![
        acl("organization", &format!("{member}:1"), admin, approved),
        acl("organizationTarget", &format!("{member}:2"), "CONTENT_ADMINISTRATOR", approved),
        acl("organizationalTarget", &format!("{member}:3"), "CONTENT_ADMIN", approved),
        acl("organization", &format!("{member}:404"), "DIRECT_SPONSORED_CONTENT_POSTER", approved),
        acl("organization", &format!("{member}:1"), "CONTENT_ADMINISTRATOR", approved),
        acl("organization", &format!("{member}:5"), "ANALYST", approved),
        acl("organization", &format!("{member}:6"), admin, "REVOKED"),
        acl("organization", "urn:li:person:7", admin, approved),
        acl("organization", "urn:li:organization:../8", admin, approved),
        json!({"role": admin, "state": approved}),
        json!("strange"),
    ]))
    .await;
    let login = fake.login(SCOPES).await.expect("a login");
    let offered: Vec<(&str, &str)> =
        login.identities.iter().map(|page| (page.remote_id.as_str(), page.profile.name.as_str())).collect();
    assert_eq!(
        offered,
        [
            ("urn:li:organization:1", "Page 1"),
            ("urn:li:organization:2", "Page 2"),
            ("urn:li:organization:3", "Page 3"),
            ("urn:li:organization:404", "LinkedIn page 404"),
        ]
    );
}

#[tokio::test]
async fn all_pages_of_roles_are_read() {
    let fake = Fake::start(|asked| {
        let page = |number: u32, next: Option<&str>| {
            let links: Vec<Value> = next.iter().map(|href| json!({"rel": "next", "href": href})).collect();
            let urn = format!("urn:li:organization:{number}");
            (200, json!({"paging": {"links": links}, "elements": [acl("organization", &urn, "ADMINISTRATOR", "APPROVED")]}))
        };
        match asked.path_and_query.as_str() {
            path if path.ends_with("count=100&start=0") => page(1, Some("/rest/organizationAcls?q=roleAssignee&start=107")),
            // A link elsewhere gives its number, not its host; one that goes back ends the reading.
            path if path.ends_with("start=107") => page(2, Some("https://example.org/x?start=300")),
            path if path.ends_with("start=300") => page(3, Some("/rest/organizationAcls?start=107")),
            _ => (200, json!({"id": "aBcD_12-3"})),
        }
    })
    .await;
    let login = fake.login(SCOPES).await.expect("a login");
    assert_eq!(login.identities.len(), 3);
    assert_eq!(login.subject_name, "LinkedIn member");
}

#[tokio::test]
async fn the_member_is_told_by_what_was_granted() {
    let one_page = || vec![acl("organization", "urn:li:organization:1", "ADMINISTRATOR", "APPROVED")];
    for (scopes, refused, name, first_call) in [
        ("r_basicprofile", vec![], "Ada Example", "/v2/me"),
        ("openid profile", vec![], "Ada Example", "/v2/userinfo"),
        ("r_basicprofile openid", vec!["/v2/me"], "Ada Example", "/v2/me"),
        ("r_basicprofile openid", vec!["/v2/me", "/v2/userinfo"], "LinkedIn member", "/v2/me"),
        (
            "r_organization_social",
            vec![],
            "LinkedIn member",
            "/rest/organizationAcls?q=roleAssignee&state=APPROVED&count=100&start=0",
        ),
    ] {
        let answer = world(one_page());
        let denied = refused.clone();
        let fake = Fake::start(move |asked| {
            if denied.contains(&asked.path()) {
                (403, json!({"code": "ACCESS_DENIED", "message": DENIED}))
            } else {
                answer(asked)
            }
        })
        .await;
        let login = fake.login(scopes).await.expect("a login");
        assert_eq!(login.subject, "urn:li:person:aBcD_12-3", "{scopes} {refused:?}");
        assert_eq!(login.subject_name, name, "{scopes} {refused:?}");
        assert_eq!(fake.asked_for()[0], first_call);
    }
}

#[tokio::test]
async fn a_member_without_pages_is_refused() {
    for acls in [vec![], vec![acl("organization", "urn:li:organization:1", "ANALYST", "APPROVED")]] {
        let error = Fake::start(world(acls)).await.login(SCOPES).await.expect_err("no page");
        assert_eq!(error.code(), "refused");
        assert!(error.to_string().contains("administers no page"), "{error}");
    }
}

#[tokio::test]
async fn a_fresh_token_called_revoked_is_tried_again_three_times() {
    for (refusals, scopes, succeeds, calls) in
        [(3, SCOPES, true, 6), (4, SCOPES, false, 4), (3, "r_organization_social", true, 5)]
    {
        let answer = world(vec![acl("organization", "urn:li:organization:1", "ADMINISTRATOR", "APPROVED")]);
        let left = Arc::new(AtomicU32::new(refusals));
        let fake = Fake::start(move |asked| {
            if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                (401, json!({"serviceErrorCode": 65601, "code": "REVOKED_ACCESS_TOKEN"}))
            } else {
                answer(asked)
            }
        })
        .await;
        let login = fake.login(scopes).await;
        assert_eq!(login.is_ok(), succeeds, "{refusals} {login:?}");
        if let Err(error) = login {
            assert_eq!(error.code(), "token_rejected");
        }
        assert_eq!(fake.asked().len(), calls, "{refusals} {scopes}");
    }
}

#[tokio::test]
async fn other_refusals_are_not_tried_again() {
    for (status, body, code) in [
        (401, json!({"serviceErrorCode": 65602}), "token_rejected"),
        (426, json!({"code": "NONEXISTENT_VERSION"}), "app_rejected"),
        (403, json!({"code": "ACCESS_DENIED"}), "missing_scope"),
    ] {
        let fake = Fake::start(move |_| (status, body.clone())).await;
        let error = fake.login("rw_organization_admin").await.expect_err("refused");
        assert_eq!(error.code(), code);
        assert_eq!(fake.asked().len(), 1, "{code}");
    }
}
