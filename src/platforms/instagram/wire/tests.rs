use super::*;
use crate::{domain::AccountProfile, platforms::instagram::map};
use proptest::prelude::*;
use serde_json::json;

#[test]
fn the_last_page_has_marks_but_no_next() {
    let after = |paging: Value| page(json!({"data": [], "paging": paging}).to_string().as_bytes()).unwrap().after;
    let marks = json!({"before": "B", "after": "A"});
    let next = "https://graph.instagram.com/v26.0/1/media?access_token=IGAA&after=A";
    assert_eq!(after(json!({"cursors": marks, "next": next})).as_deref(), Some("A"));
    assert_eq!(after(json!({"cursors": marks})), None);
    assert_eq!(after(json!({"cursors": marks, "next": null})), None);
    assert_eq!(after(json!({"next": next})), None);
    assert_eq!(after(json!({"cursors": {"after": ""}, "next": next})), None);
    assert_eq!(after(json!({"cursors": {"after": "x".repeat(MAX_MARK_BYTES + 1)}, "next": next})), None);
    assert_eq!(after(json!([1])), None);
    assert_eq!(page(br#"{"data":[]}"#).unwrap().after, None);
}

#[test]
fn a_page_needs_a_list() {
    for (body, at) in [
        ("{}", "data"),
        (r#"{"data":{}}"#, "data"),
        ("[]", "$"),
        ("", "line 1 column 0"),
        (r#"{"data":[{"id":"1""#, "line 1 column 18"),
    ] {
        let PlatformError::Unreadable { at: seen, .. } = page(body.as_bytes()).unwrap_err() else { panic!("{body}") };
        assert_eq!(seen, at, "{body}");
    }
}

#[test]
fn one_odd_field_costs_that_field_alone() {
    let body = json!({"data": [
        {"id": 17_900_000_000_000_003_u64, "caption": ["odd"], "like_count": "12", "comments_count": 3, "children": 1},
        "odd",
        {"id": "a b", "timestamp": 5},
        {"id": ""},
    ]});
    let page = page(body.to_string().as_bytes()).unwrap();
    assert_eq!(page.items.len(), 4);
    let first = &page.items[0];
    assert_eq!(first.id.as_deref(), Some("17900000000000003"));
    assert_eq!((first.caption.as_deref(), first.like_count, first.comments_count), (None, None, Some(3)));
    assert!(page.items[1..].iter().all(|item| item.id.is_none()));
}

#[test]
fn text_holds_no_nul() {
    let page = page(br#"{"data":[{"caption":"a\u0000b","alt_text":"\u0000"}]}"#).unwrap();
    assert_eq!((page.items[0].caption.as_deref(), page.items[0].alt_text.as_deref()), (Some("ab"), Some("")));
}

/// JSON of any shape, made of the names and values that Instagram uses.
fn anything() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        Just("data"),
        Just("id"),
        Just("caption"),
        Just("children"),
        Just("timestamp"),
        Just("media_type"),
        Just("media_url"),
        Just("thumbnail_url"),
        Just("paging"),
        Just("cursors"),
        Just("after"),
        Just("next"),
        Just("access_token"),
        Just("permissions"),
        Just("expires_in"),
        Just("user_id"),
        Just("error"),
        Just("code"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        Just(json!("2026-11-20T09:15:30+0000")),
        Just(json!("VIDEO")),
        Just(json!("https://cdn.example/1.mp4")),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((names.clone().prop_map(str::to_owned), inner), 0..8)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_the_decoder_panic(value in anything(), as_page in any::<bool>()) {
        let value = if as_page { json!({"data": [value.clone()], "paging": value}) } else { value };
        let body = value.to_string();
        if let Ok(page) = page(body.as_bytes()) {
            for item in page.items {
                let _ = map::item(item, &AccountProfile::default());
            }
        }
        let _ = object::<Me>(body.as_bytes());
        let _ = object::<Token>(body.as_bytes());
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = page(&body);
        let _ = object::<Me>(&body);
    }

    #[test]
    fn a_page_cut_anywhere_is_unreadable(at in 0_usize..1400) {
        let whole = include_bytes!("../../../../tests/fixtures/instagram/media-page-last.json");
        prop_assert!(page(&whole[..at]).is_err());
    }
}
