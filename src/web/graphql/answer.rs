//! The schema's answer as an HTTP response.

use super::accept::Media;
use crate::web::Problem;
use async_graphql::{Response as Answer, Value};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::collections::BTreeMap;

pub(super) use crate::graphql::never_ran;

/// The answer's JSON as the specification has it.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    /// Left out when there are none: Hasura takes an empty list for a fault.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [async_graphql::ServerError],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'a BTreeMap<String, Value>,
}

impl<'a> From<&'a Answer> for Document<'a> {
    fn from(answer: &'a Answer) -> Self {
        let data = (!never_ran(answer)).then_some(&answer.data);
        Self { data, errors: &answer.errors, extensions: &answer.extensions }
    }
}

/// `answer` in the media type the client wants.
pub(super) fn render(answer: Answer, media: Media) -> Response {
    let status = match media {
        Media::GraphqlResponse if never_ran(&answer) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    let Ok(body) = serde_json::to_vec(&Document::from(&answer)) else {
        return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "internal fault").graphql();
    };
    let mut response = (status, Body::from(body)).into_response();
    response.headers_mut().extend(answer.http_headers);
    labelled(response, media)
}

/// A refusal in the media type the client wants.
pub(super) fn refuse(problem: &Problem, media: Media) -> Response {
    let mut response = labelled(problem.graphql(), media);
    if problem.status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

fn labelled(mut response: Response, media: Media) -> Response {
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    response
}
