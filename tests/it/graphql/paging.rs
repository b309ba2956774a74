//! Pages of posts: no gap and no repeat, whatever arrives meanwhile.

use crate::app::{App, world::X_ACCOUNT};
use nchat_social::{domain::Platform, simulator::Draft};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const DOCUMENT: &str = "query ($first: Int, $after: String) { socialPosts(first: $first, after: $after) { \
    nodes { post_id } edges { cursor node { post_id } } \
    page_info { has_next_page has_previous_page start_cursor end_cursor } } }";

/// Publishes `count` posts at one and the same time, so that only ids tell them apart, and imports them.
async fn import(app: &App, count: usize) -> BTreeSet<String> {
    let world = app.simulator.world("twitter").expect("X");
    let publish = |n| world.publish(X_ACCOUNT, Draft::text(format!("Number {n}"))).expect("published");
    let ids = (0..count).map(publish).collect();
    app.poll_after(5).await;
    ids
}

async fn page(app: &App, first: i32, after: &Value) -> (Vec<String>, Value) {
    let data = app.ask(DOCUMENT, json!({"first": first, "after": after})).await;
    let page = &data["socialPosts"];
    let id = |node: &Value| node["post_id"].as_str().expect("an id").to_owned();
    let ids: Vec<String> = page["nodes"].as_array().expect("a list").iter().map(id).collect();
    let edges = page["edges"].as_array().expect("a list");
    assert_eq!(edges.iter().map(|edge| id(&edge["node"])).collect::<Vec<_>>(), ids, "edges are the nodes");
    assert_eq!(page["page_info"]["start_cursor"], edges.first().map_or(Value::Null, |edge| edge["cursor"].clone()));
    assert_eq!(page["page_info"]["end_cursor"], edges.last().map_or(Value::Null, |edge| edge["cursor"].clone()));
    (ids, page["page_info"].clone())
}

#[tokio::test]
async fn pages_go_on_without_gap_or_repeat_while_new_posts_arrive() {
    let app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let mut expected = import(&app, 60).await;
    expected.append(&mut import(&app, 60).await);
    assert_eq!(expected.len(), 120);

    let (mut seen, mut after, mut sizes) = (Vec::new(), Value::Null, Vec::new());
    loop {
        let (ids, info) = page(&app, 50, &after).await;
        assert_eq!(info["has_previous_page"], !after.is_null());
        sizes.push(ids.len());
        seen.extend(ids);
        if info["has_next_page"] == false {
            break;
        }
        after = info["end_cursor"].clone();
        import(&app, 3).await;
    }
    assert_eq!(sizes, [50, 50, 20]);
    assert_eq!(seen.iter().cloned().collect::<BTreeSet<_>>(), expected, "no gap");
    assert_eq!(seen.len(), expected.len(), "no repeat");
    let (newest, _) = page(&app, 200, &Value::Null).await;
    assert_eq!(newest.len(), 126);
    assert_eq!(newest[6..], seen, "one order, whatever the size");

    // Behind the last entry is an empty page, even when its row is gone.
    let (_, info) = page(&app, 200, &Value::Null).await;
    app.chat
        .script("DELETE FROM nchat_social_posts WHERE posted_at = (SELECT min(posted_at) FROM nchat_social_posts)")
        .await;
    let (ids, info) = page(&app, 50, &info["end_cursor"]).await;
    assert!(ids.is_empty());
    assert_eq!(
        info,
        json!({"has_next_page": false, "has_previous_page": true, "start_cursor": null, "end_cursor": null})
    );
}

#[tokio::test]
async fn a_page_that_fits_exactly_has_no_next() {
    let app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    app.poll().await;
    import(&app, 5).await;
    assert_eq!(page(&app, 5, &Value::Null).await.1["has_next_page"], false);
    assert_eq!(page(&app, 4, &Value::Null).await.1["has_next_page"], true);
}

#[tokio::test]
async fn sizes_and_cursors_out_of_bounds_are_refused_in_words() {
    let app = App::start().await;
    for (variables, words) in [
        (json!({"first": 0}), "first: ask for 1 to 200 entries"),
        (json!({"first": -1}), "first: ask for 1 to 200 entries"),
        (json!({"first": 201}), "first: ask for 1 to 200 entries"),
        (json!({"after": "nonsense"}), "after: this is not a cursor"),
        (json!({"after": ""}), "after: this is not a cursor"),
        // A cursor by its form, of a time that Postgres does not know, and one that nobody knows.
        (json!({"after": "05dQ9E7AAAAAAAAAAAAAAAAAAAAAAAAA"}), "after: this is not a cursor"),
        (json!({"after": "f_________8AAAAAAAAAAAAAAAAAAAAA"}), "after: this is not a cursor"),
    ] {
        for root in ["socialPosts", "socialImportLogs"] {
            let document = DOCUMENT.replace("socialPosts", root).replace("post_id", "id");
            let answer = app.try_ask("primary", &document, variables.clone()).await;
            let message = answer["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("{answer:#}"));
            assert!(message.starts_with(words), "{variables}: {message}");
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        }
    }
    assert!(page(&app, 1, &Value::Null).await.0.is_empty());
    assert!(page(&app, 200, &Value::Null).await.0.is_empty());
}
