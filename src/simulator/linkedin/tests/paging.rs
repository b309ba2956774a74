//! Pages of the posts finder.

use super::*;

fn published(bench: &Bench, number: usize) -> Vec<String> {
    let mut ids: Vec<String> = (0..number).map(|index| bench.publish(Draft::text(format!("post {index}")))).collect();
    ids.reverse();
    ids
}

#[tokio::test]
async fn links_lead_through_all_pages_by_path() {
    let bench = Bench::new();
    let ids = published(&bench, 23);
    let token = bench.token(READ).await;
    let first = bench.rest(&token, &finder(PAGE, "&sortBy=CREATED")).await;
    assert_eq!(first.ids(), ids[..10]);
    assert_eq!(first.json()["paging"]["count"], 10);
    assert_eq!(first.json()["paging"].get("total"), None);
    let href = format!("/rest/posts?author={}&count=10&q=author&sortBy=CREATED&start=10", enc(PAGE));
    assert_eq!(first.next(), Some(href));
    let second = bench.rest(&token, &first.next().expect("a link")).await;
    let third = bench.rest(&token, &second.next().expect("a link")).await;
    assert_eq!([second.ids(), third.ids()].concat(), ids[10..]);
    assert_eq!(third.next(), None);
    assert_eq!(third.json()["paging"]["links"][0]["rel"], "prev");
    assert!(bench.rest(&token, &finder(PAGE, "&start=50")).await.ids().is_empty());
}

#[tokio::test]
async fn a_short_page_has_a_next_link_from_where_it_stopped() {
    let bench = Bench::new();
    let ids = published(&bench, 9);
    bench.switch("short_page", "4");
    let token = bench.token(READ).await;
    let mut seen = Vec::new();
    let mut path = Some(finder(PAGE, "&count=10"));
    while let Some(next) = path {
        let reply = bench.rest(&token, &next).await;
        assert!(reply.ids().len() <= 4);
        seen.extend(reply.ids());
        path = reply.next();
    }
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn total_and_link_form_are_switches() {
    let bench = Bench::new();
    published(&bench, 3);
    bench.switch("total", "on");
    bench.switch("links", "absolute");
    let token = bench.token(READ).await;
    let reply = bench.rest(&token, &finder(PAGE, "&count=2")).await;
    assert_eq!(reply.json()["paging"]["total"], 3);
    assert!(reply.next().is_some_and(|href| href.starts_with("http://127.0.0.1:8096/linkedin/rest/posts?author=")));
}

#[tokio::test]
async fn wrong_parameters_are_refused() {
    let bench = Bench::new();
    let token = bench.token(READ).await;
    for (more, code) in [
        ("&count=0", "ILLEGAL_ARGUMENT"),
        ("&count=101", "ILLEGAL_ARGUMENT"),
        ("&start=-1", "ILLEGAL_ARGUMENT"),
        ("&sortBy=RELEVANCE", "ILLEGAL_ARGUMENT"),
        ("&viewContext=ALL", "ILLEGAL_ARGUMENT"),
        ("&since=1795348800000", "QUERY_PARAM_NOT_ALLOWED"),
    ] {
        assert_eq!(bench.rest(&token, &finder(PAGE, more)).await.refusal().1, code, "{more}");
    }
    assert_eq!(bench.rest(&token, "/rest/posts?q=author").await.refusal().1, "MISSING_FIELD");
    let raw_colons = format!("/rest/posts?q=author&author={PAGE}");
    assert_eq!(bench.rest(&token, &raw_colons).await.refusal().1, "ILLEGAL_ARGUMENT");
}

#[tokio::test]
async fn a_brand_page_answers_to_both_kinds_of_urn() {
    let bench = Bench::new();
    bench.world.add_account(NewAccount { id: BRAND.into(), ..NewAccount::default() }).expect("added");
    let id = bench.world.publish(BRAND, Draft::text("from the brand")).expect("published");
    let token = bench.token(READ).await;
    for author in [BRAND, "urn:li:organization:106536255"] {
        assert_eq!(bench.rest(&token, &finder(author, "")).await.ids(), [id.as_str()]);
    }
    assert!(bench.rest(&token, &finder(PAGE, "")).await.ids().is_empty());
}

#[tokio::test]
async fn fields_cut_elements_down() {
    let bench = Bench::new();
    let ids = published(&bench, 1);
    let token = bench.token(READ).await;
    let body = bench.rest(&token, &finder(PAGE, "&fields=id,visibility")).await.json();
    assert_eq!(body["elements"], json!([{"id": ids[0], "visibility": "PUBLIC"}]));
}
