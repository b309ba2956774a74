//! Posts: how they look and which are shown.

use super::*;
use crate::simulator::{DraftMedia, Other};

async fn post(bench: &Bench, id: &str) -> Value {
    let token = bench.token(READ).await;
    bench.rest(&token, &format!("/rest/posts/{}", enc(id))).await.json()
}

fn media(kind: &str, alt_text: &str) -> DraftMedia {
    DraftMedia { kind: kind.into(), alt_text: Some(alt_text.into()) }
}

#[tokio::test]
async fn a_post_has_linkedins_shape() {
    let bench = Bench::new();
    let id = bench.publish(Draft::text("Read (this)"));
    let at = 1_795_348_800_000_i64;
    assert_eq!(
        post(&bench, &id).await,
        json!({
            "id": id, "author": PAGE, "commentary": "Read \\(this\\)", "visibility": "PUBLIC",
            "lifecycleState": "PUBLISHED", "lifecycleStateInfo": {"isEditedByAuthor": false},
            "distribution": {"feedDistribution": "MAIN_FEED", "thirdPartyDistributionChannels": []},
            "createdAt": at - 400, "publishedAt": at, "lastModifiedAt": at, "isReshareDisabledByAuthor": false,
        })
    );
}

#[tokio::test]
async fn ids_alternate_between_name_spaces_and_grow_with_time() {
    let bench = Bench::new();
    let ids: Vec<String> = (0..6).map(|_| bench.publish(Draft::text("x"))).collect();
    let parts: Vec<(&str, &str)> = ids.iter().filter_map(|id| id.strip_prefix("urn:li:")?.split_once(':')).collect();
    assert_eq!(parts.iter().filter(|(kind, _)| *kind == "share").count(), 3);
    assert_eq!(parts.iter().filter(|(kind, _)| *kind == "ugcPost").count(), 3);
    assert!(parts.iter().all(|(_, digits)| digits.len() == 19));
    assert!(parts.is_sorted_by(|(_, one), (_, next)| one < next));
}

#[tokio::test]
async fn text_is_written_as_little_text_with_both_forms_of_hashtags() {
    let bench = Bench::new();
    let mentions = extra(json!({"mentions": {"Acme Robotics": PAGE}}));
    let mut texts = Vec::new();
    for _ in 0..4 {
        let draft = Draft { extra: mentions.clone(), ..Draft::text("By @Acme Robotics #news") };
        let commentary = post(&bench, &bench.publish(draft)).await["commentary"].clone();
        texts.push(commentary.as_str().expect("text").to_owned());
    }
    let plain = format!("By @[Acme Robotics]({PAGE}) #news");
    let template = format!("By @[Acme Robotics]({PAGE}) {{hashtag|\\#|news}}");
    assert_eq!(texts.iter().filter(|text| **text == plain).count(), 2, "{texts:?}");
    assert_eq!(texts.iter().filter(|text| **text == template).count(), 2, "{texts:?}");
}

#[tokio::test]
async fn content_is_of_exactly_one_kind() {
    let bench = Bench::new();
    let with = |media: Vec<DraftMedia>, more: Value| Draft { media, extra: extra(more), ..Draft::text("x") };
    let drafts = [
        (with(vec![media("image", "An arm")], json!({})), "/media/altText", json!("An arm")),
        (with(vec![media("video", "Demo")], json!({})), "/media/title", json!("Demo")),
        (with(vec![media("image", "a"), media("gif", "b")], json!({})), "/multiImage/images/1/altText", json!("b")),
        (with(vec![], json!({"document": {"title": "W.pdf"}})), "/media/title", json!("W.pdf")),
        (
            with(vec![], json!({"article": {"source": "https://example.com", "title": "T", "thumbnail": true}})),
            "/article/title",
            json!("T"),
        ),
        (
            with(vec![], json!({"poll": {"question": "Which?", "options": ["A", "B"]}})),
            "/poll/options/1",
            json!({"text": "B", "voteCount": 0, "isVotedByViewer": false}),
        ),
    ];
    for (draft, pointer, expected) in drafts {
        let body = post(&bench, &bench.publish(draft)).await;
        assert_eq!(body["content"].as_object().map(Map::len), Some(1));
        assert_eq!(body["content"].pointer(pointer), Some(&expected), "{body}");
    }
    for wrong in [
        with(vec![media("hologram", "")], json!({})),
        with(vec![media("image", ""), media("video", "")], json!({})),
        with(vec![media("image", "")], json!({"document": {"title": "W.pdf"}})),
        with(vec![], json!({"feed": 1})),
        Draft { reply_to: Some("self".into()), ..Draft::text("x") },
        Draft::text("x".repeat(3001)),
    ] {
        assert!(bench.world.publish(PAGE, wrong.clone()).is_err(), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_reshare_names_a_post_that_we_may_not_read() {
    let bench = Bench::new();
    let original = Other { name: "Other".into(), ..Other::default() };
    let body = post(&bench, &bench.publish(Draft { repost_of: Some(original), ..Draft::text("So true") })).await;
    let parent = body["reshareContext"]["parent"].as_str().expect("a parent");
    assert_eq!(body["reshareContext"]["root"], parent);
    assert_eq!(post(&bench, parent).await, denied("partnerApiPostsExternal.GET.20260901"));
}

#[tokio::test]
async fn drafts_are_hidden_and_dark_ads_are_not() {
    let bench = Bench::new();
    let with = |more: Value| bench.publish(Draft { extra: extra(more), ..Draft::text("x") });
    let draft = with(json!({"lifecycleState": "DRAFT"}));
    let dark = with(json!({"feedDistribution": "NONE"}));
    let ad = with(json!({"isDsc": true}));
    let closed = with(json!({"visibility": "LOGGED_IN"}));
    let token = bench.token(READ).await;
    let shown = bench.rest(&token, &finder(PAGE, "&sortBy=CREATED")).await;
    assert_eq!(shown.ids(), [&closed, &ad, &dark].map(String::as_str));
    let body = shown.json();
    assert_eq!(body["elements"][0]["visibility"], "LOGGED_IN");
    assert_eq!(body["elements"][1]["adContext"]["isDsc"], true);
    assert_eq!(body["elements"][2]["distribution"]["feedDistribution"], "NONE");
    let all = bench.rest(&token, &finder(PAGE, "&viewContext=AUTHOR")).await;
    assert_eq!(all.ids().len(), 4);
    assert_eq!(all.json()["elements"][3].get("publishedAt"), None);
    assert_eq!(bench.rest(&token, &finder(PAGE, "&isDsc=true")).await.ids(), [ad.as_str()]);
    assert_eq!(bench.rest(&token, &format!("/rest/posts/{}", enc(&draft))).await.status, 404);
}

#[tokio::test]
async fn edits_keep_the_urn_and_deletions_leave_nothing() {
    let bench = Bench::new();
    let (first, second) = (bench.publish(Draft::text("one")), bench.publish(Draft::text("two")));
    assert_eq!(bench.world.edit(&first, "one (v2)"), Ok(first.clone()));
    let body = post(&bench, &first).await;
    assert_eq!(body["commentary"], "one \\(v2\\)");
    assert_eq!(body["lifecycleStateInfo"]["isEditedByAuthor"], true);
    assert_eq!(body["lastModifiedAt"], body["publishedAt"].as_i64().expect("a time") + 120_000);
    let token = bench.token(READ).await;
    let ids = |sort: &str| finder(PAGE, sort);
    assert_eq!(bench.rest(&token, &ids("")).await.ids(), [first.as_str(), second.as_str()]);
    assert_eq!(bench.rest(&token, &ids("&sortBy=CREATED")).await.ids(), [second.as_str(), first.as_str()]);

    bench.world.delete(&first).expect("deleted");
    assert_eq!(bench.rest(&token, &ids("")).await.ids(), [second.as_str()]);
    assert_eq!(bench.rest(&token, &format!("/rest/posts/{}", enc(&first))).await.refusal().1, "NOT_FOUND");
    assert!(bench.world.delete(&first).is_err() && bench.world.edit(&first, "x").is_err());
}

#[tokio::test]
async fn people_are_no_authors_for_a_pages_token() {
    let bench = Bench::new();
    let token = bench.token(READ).await;
    let person = bench.rest(&token, &finder("urn:li:person:a-b_1", "")).await;
    let message = "Member permissions must be used when using member as author";
    assert_eq!(person.json(), json!({"status": 400, "message": message}));
    let wrong = bench.rest(&token, &finder("5590506", "")).await;
    assert_eq!(wrong.refusal().1, "INVALID_URN_TYPE");
}

#[tokio::test]
async fn several_are_read_at_once_and_each_answers_for_itself() {
    let bench = Bench::new();
    let id = bench.publish(Draft::text("one"));
    let token = bench.token(READ).await;
    let list = format!("/rest/posts?ids=List({},{},{})", enc(&id), enc("urn:li:share:1"), enc("urn:li:activity:1"));
    let body = bench.rest(&token, &list).await.json();
    assert_eq!(body["results"][&id]["id"], id.as_str());
    assert_eq!(body["statuses"], json!({&id: 200, "urn:li:share:1": 404, "urn:li:activity:1": 400}));
    assert_eq!(body["errors"]["urn:li:share:1"]["status"], 404);

    let encoded = format!("/rest/posts?ids=List%28{}%29", enc(&id));
    assert_eq!(bench.rest(&token, &encoded).await.status, 400);
    let no_protocol = [("LinkedIn-Version", "202609")];
    assert_eq!(bench.get(&list, &token, &no_protocol).await.status, 400);
    assert_eq!(bench.rest(&token, &format!("/rest/posts/{id}")).await.status, 400, "raw colons in a key");
}

#[tokio::test]
async fn a_recorded_page_is_served_under_our_author_with_its_media() {
    let bench = Bench::new();
    let recorded = json!({"paging": {"start": 0, "count": 10, "links": []}, "elements": [
        {"id": "urn:li:share:7380000000000000008", "author": "urn:li:organization:1", "commentary": "One",
         "lifecycleState": "PUBLISHED", "createdAt": 1_794_999_000_000_i64, "lastModifiedAt": 1_794_999_000_430_i64,
         "somethingNew": [1], "content": {"media": {"id": "urn:li:image:D4E10AQEaaaaaaaaaaa"}}},
        {"id": "urn:li:ugcPost:7380000000000000007", "lifecycleState": "PUBLISHED", "createdAt": 1, "commentary": "",
         "content": {"media": {"id": "urn:li:video:D4E10AQEbbbbbbbbbbb"}}},
    ]});
    assert_eq!(bench.world.load(PAGE, &recorded), Ok(2));
    let token = bench.token(READ_ALL).await;
    let body = bench.rest(&token, &finder(PAGE, "")).await.json();
    let mut expected = recorded["elements"][0].clone();
    expected["author"] = PAGE.into();
    assert_eq!(body["elements"][0], expected);
    for path in
        ["/rest/images/urn%3Ali%3Aimage%3AD4E10AQEaaaaaaaaaaa", "/rest/videos/urn%3Ali%3Avideo%3AD4E10AQEbbbbbbbbbbb"]
    {
        assert_eq!(bench.rest(&token, path).await.json()["status"], "AVAILABLE", "{path}");
    }
    for wrong in [json!([]), json!({"elements": [{"id": "7"}]}), json!({"elements": [1]})] {
        assert!(bench.world.load(PAGE, &wrong).is_err());
    }
}
