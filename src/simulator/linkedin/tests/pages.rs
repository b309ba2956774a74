//! Who the member is, and the pages.

use super::*;

const ACLS: &str = "/rest/organizationAcls?q=roleAssignee";

#[tokio::test]
async fn identity_is_told_by_scope_and_without_a_version() {
    let bench = Bench::new();
    let openid = bench.token("openid profile email").await;
    let body = bench.get("/v2/userinfo", &openid, &[]).await.json();
    let sub = body["sub"].as_str().expect("a subject");
    assert!(sub.contains('-') && sub.contains('_'));
    assert_eq!(body["locale"], json!({"country": "US", "language": "en"}));
    assert_eq!(body["email_verified"], true);
    bench.switch("locale", "string");
    assert_eq!(bench.get("/v2/userinfo", &openid, &[]).await.json()["locale"], "en-US");
    assert_eq!(bench.get("/v2/me", &openid, &[]).await.json(), denied("me.GET.NO_VERSION"));

    let basic = bench.token("r_basicprofile").await;
    assert_eq!(bench.get("/v2/me", &basic, &[]).await.json()["id"], sub);
    assert_eq!(bench.get("/v2/userinfo", &basic, &[]).await.json(), denied("userinfo.GET.NO_VERSION"));
}

#[tokio::test]
async fn the_members_pages_come_in_all_spellings() {
    let bench = Bench::new();
    let brand = NewAccount { id: BRAND.into(), ..NewAccount::default() };
    assert_eq!(bench.world.add_account(brand), Ok(BRAND.to_owned()));
    assert_eq!(bench.world.accounts(), [PAGE, BRAND]);
    let token = bench.token(READ).await;
    let path = format!("{ACLS}&role=ADMINISTRATOR&state=APPROVED&count=100&start=0");
    for key in ["organization", "organizationTarget", "organizationalTarget"] {
        bench.switch("acl_key", key);
        let body = bench.rest(&token, &path).await.json();
        let elements = body["elements"].as_array().expect("elements");
        assert_eq!(elements.iter().map(|element| &element[key]).collect::<Vec<_>>(), [PAGE, BRAND]);
        assert_eq!(elements[0]["role"], "ADMINISTRATOR");
        assert_eq!(elements[0]["state"], "APPROVED");
        assert_eq!(elements[0]["roleAssignee"], "urn:li:person:pA-ge_4dMiN");
        assert_eq!(elements[0].as_object().map(Map::len), Some(4));
    }
    let first = bench.rest(&token, &format!("{ACLS}&count=1")).await;
    assert_eq!(first.next().as_deref(), Some("/rest/organizationAcls?count=1&q=roleAssignee&start=1"));
    let second = bench.rest(&token, &first.next().expect("a link")).await;
    assert_eq!(second.json()["elements"][0]["organizationalTarget"], BRAND);
    assert_eq!(second.next(), None);
}

#[tokio::test]
async fn roles_change_and_go() {
    let bench = Bench::new();
    let token = bench.token(READ).await;
    bench.switch("role", "CONTENT_ADMINISTRATOR");
    let administered = format!("{ACLS}&role=ADMINISTRATOR");
    assert_eq!(bench.rest(&token, &administered).await.json()["elements"], json!([]));
    assert_eq!(bench.rest(&token, ACLS).await.json()["elements"][0]["role"], "CONTENT_ADMINISTRATOR");
    bench.switch("role", &format!("{PAGE}=none"));
    let nothing = bench.rest(&token, ACLS).await;
    assert_eq!((nothing.status, &nothing.json()["elements"]), (200, &json!([])));
    assert!(bench.world.switch("role", "urn:li:organization:1=ANALYST").is_err());

    let narrow = bench.token("r_organization_social").await;
    let refused = bench.rest(&narrow, ACLS).await;
    assert_eq!(refused.json(), denied("organizationAcls.FINDER-roleAssignee.20260901"));
}

#[tokio::test]
async fn a_page_is_told_with_its_number_and_a_logo_that_resolves() {
    let bench = Bench::new();
    let brand = NewAccount { id: BRAND.into(), name: "Acme Arms".into(), ..NewAccount::default() };
    bench.world.add_account(brand).expect("added");
    let token = bench.token(READ).await;
    let body = bench.rest(&token, "/rest/organizations/5590506").await.json();
    assert_eq!(body["id"], 5_590_506);
    assert_eq!(body["vanityName"], "acme-robotics");
    assert_eq!(body["name"]["localized"]["en_US"], "Acme Robotics");
    let logo = body["logoV2"]["original"].as_str().expect("a logo").replace("digitalmediaAsset", "image");
    let image = bench.rest(&token, &format!("/rest/images/{}", enc(&logo))).await;
    assert_eq!(image.json()["status"], "AVAILABLE");

    let decorated = "/v2/organizations/5590506?projection=(id,logoV2(original~:playableStreams))";
    let body = bench.get(decorated, &token, &[]).await.json();
    let link = &body["logoV2"]["original~"]["elements"][0]["identifiers"][0]["identifier"];
    assert_eq!(*link, image.json()["downloadUrl"]);

    let brand = bench.rest(&token, "/rest/organizationBrands/106536255").await.json();
    assert_eq!((&brand["localizedName"], &brand["primaryOrganizationType"]), (&json!("Acme Arms"), &json!("BRAND")));
    assert_eq!(bench.rest(&token, "/rest/organizationBrands/5590506").await.status, 404);
    assert_eq!(bench.rest(&token, "/rest/organizations/1").await.status, 404);
    assert_eq!(bench.rest(&token, "/rest/organizations/acme").await.status, 400);
    bench.switch("role", "none");
    let stranger = bench.rest(&token, "/rest/organizations/5590506").await.json();
    assert_eq!((&stranger["localizedName"], &stranger["versionTag"]), (&json!("Acme Robotics"), &Value::Null));
}

#[tokio::test]
async fn accounts_are_named_by_urn_number_or_not_at_all() {
    let bench = Bench::new();
    let add = |id: &str| bench.world.add_account(NewAccount { id: id.into(), ..NewAccount::default() });
    assert_eq!(add("77"), Ok("urn:li:organization:77".into()));
    assert!(add("").is_ok_and(|urn| urn.starts_with("urn:li:organization:")));
    assert!(add("urn:li:person:x").is_err());
    assert!(add("urn:li:organizationBrand:77").is_err(), "numbers are used once");
}
