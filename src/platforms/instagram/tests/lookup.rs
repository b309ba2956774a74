//! Look-ups over HTTP: a page, single posts, posts that are gone.

use super::*;
use crate::platforms::{LookedUp, LookupRequest};
use serde_json::{Value, json};

async fn look_up(answers: Vec<Answer>, ids: &[&str]) -> (Result<LookedUp, PlatformError>, Script) {
    let script = Script::serve(answers).await;
    let post_ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let token = SecretString::from("canary-token");
    let (access_token, remote_id, meter) = (&token, "17841400000000001", &script.meter);
    let request = LookupRequest { access_token, remote_id, post_ids: &post_ids, now: at(0), meter };
    let looked = instagram(&script.base_url).lookup(&request).await;
    (looked, script)
}

fn item(id: &str, likes: Option<u64>) -> Value {
    let mut item = json!({"id": id, "comments_count": 1});
    if let Some(likes) = likes {
        item["like_count"] = likes.into();
    }
    item
}

fn totals(looked: &LookedUp) -> Vec<(&str, u64)> {
    looked.counters.iter().map(|(id, of)| (id.as_str(), of.total())).collect()
}

fn no_such_post() -> Answer {
    let error =
        json!({"message": "Unsupported get request.", "type": "IGApiException", "code": 100, "error_subcode": 33});
    Answer::json(400, &json!({ "error": error }))
}

#[tokio::test]
async fn a_page_has_most_and_the_others_are_read_one_by_one() {
    let page = json!({"data": [item("9", Some(7)), item("5", Some(0)), item("1", Some(1))]});
    let answers = vec![Answer::json(200, &page), Answer::json(200, &item("3", Some(4))), no_such_post()];
    let (looked, script) = look_up(answers, &["5", "9", "3", "4"]).await;
    let looked = looked.unwrap();
    let mut found = totals(&looked);
    found.sort_unstable();
    assert_eq!(found, [("3", 5), ("5", 1), ("9", 8)]);
    assert_eq!(looked.gone, ["4"]);
    assert_eq!(script.meter.reads().requests, 3);
    let asked = script.asked();
    assert_eq!(asked[0].path, "/graph/v26.0/me/media");
    assert_eq!(
        (asked[0].query["fields"].as_str(), asked[0].query["limit"].as_str()),
        ("id,like_count,comments_count", "50")
    );
    assert!(asked.iter().all(|asked| !asked.query.contains_key("ids")), "Meta has withdrawn it");
}

/// A list leaves hidden likes out, and the comments alone were taken for all there is.
#[tokio::test]
async fn defect_likes_that_a_list_hides_are_asked_of_the_post() {
    let page = json!({"data": [item("9", Some(7)), item("5", None)]});
    let answers = vec![Answer::json(200, &page), Answer::json(200, &item("5", Some(40)))];
    let (looked, script) = look_up(answers, &["5", "9"]).await;
    let looked = looked.unwrap();
    let mut found = totals(&looked);
    found.sort_unstable();
    assert_eq!(found, [("5", 41), ("9", 8)]);
    assert_eq!(script.asked()[1].path, "/graph/v26.0/5");
}

#[tokio::test]
async fn a_single_post_needs_no_page() {
    let (looked, script) = look_up(vec![Answer::json(200, &item("3", Some(4)))], &["3"]).await;
    assert_eq!(totals(&looked.unwrap()), [("3", 5)]);
    assert_eq!(script.asked()[0].path, "/graph/v26.0/3");
}

#[tokio::test]
async fn a_limit_ends_the_look_up_and_nothing_is_taken_for_gone() {
    let error = json!({"error": {"message": "too many calls", "type": "OAuthException", "code": 80002}});
    let (looked, _) = look_up(vec![Answer::json(400, &error)], &["3"]).await;
    assert!(matches!(looked, Err(PlatformError::RateLimited { .. })));
}
