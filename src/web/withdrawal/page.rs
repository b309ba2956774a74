//! `GET /api/social/deletion/{code}`: how a request to delete data stands, for whoever has its code. Nothing on the page
//! is personal.

use crate::{
    store::deletions::Deletion,
    web::{Problem, WebState},
};
use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

/// Longer codes are none of ours.
const MOST_CODE_BYTES: usize = 64;
const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}";

pub(super) async fn show(State(state): State<WebState>, Path(code): Path<String>) -> Response {
    let is_code = code.len() <= MOST_CODE_BYTES && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let known = match is_code {
        true => state.service.deletion(&code).await,
        false => Ok(None),
    };
    match known {
        Ok(Some(deletion)) => page(StatusCode::OK, &sentences(&deletion, &code)),
        Ok(None) => page(
            StatusCode::NOT_FOUND,
            "<p role=\"status\">There is no request with this code. Requests are shown for about a year after they \
             were completed.</p>",
        ),
        Err(error) => Problem::from(error).rest(),
    }
}

/// `code` is checked: letters and digits only.
fn sentences(deletion: &Deletion, code: &str) -> String {
    let day = |at: crate::domain::Timestamp| at.format("%Y-%m-%d %H:%M UTC");
    let platform = deletion.platform.brand().name;
    let asked = format!(
        "<p>On {} {platform} passed on a person's request to delete the data that this service holds about the person's \
         {platform} account: the access to it, its profile, the posts that were imported and the messages made of them.</p>",
        day(deletion.requested_at)
    );
    let state = match deletion.completed_at {
        Some(at) => format!("<strong>Completed</strong> on {}: nothing of it is left.", day(at)),
        None => "<strong>Under way</strong>: access and profile are deleted; posts and messages follow.".to_owned(),
    };
    format!("{asked}<p role=\"status\">{state}</p><p>Confirmation code: <code>{code}</code></p>")
}

fn page(status: StatusCode, body: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\"><title>Deletion of data</title>\
         <style>{STYLE}</style><h1>Deletion of data</h1>{body}</html>"
    );
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    (status, [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy))], Html(page)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Platform;

    #[test]
    fn the_page_tells_how_it_stands_and_names_nobody() {
        let requested_at = "2026-11-22T12:00:00Z".parse().expect("a time");
        let open = Deletion { platform: Platform::Instagram, requested_at, completed_at: None };
        let text = sentences(&open, "00ff");
        assert!(text.contains("On 2026-11-22 12:00 UTC Instagram passed on") && text.contains("Under way"), "{text}");
        let text = sentences(&Deletion { completed_at: Some(requested_at), ..open }, "00ff");
        assert!(text.contains("Completed") && text.contains("<code>00ff</code>"), "{text}");
    }
}
