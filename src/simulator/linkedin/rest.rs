//! `/rest/…`: one door. Order: length, token, version, daily limit, then the resource: scope and role, parameters.

use super::call::{Call, Method, project};
use super::refusal::Refusal;
use super::restli::Query;
use super::{LinkedinWorld, acls, engagement, gate, media, organizations, posts, statistics};
use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method as Verb, Uri};
use serde_json::Value;
use std::sync::Arc;

/// `<https://learn.microsoft.com/linkedin/shared/api-guide/concepts/query-tunneling>`
const LONGEST_URL_BYTES: usize = 8192;
const LONGEST_PART_BYTES: usize = 4096;
/// A tunnelled query's body.
const LONGEST_TUNNEL_BYTES: usize = 1 << 20;

pub(super) async fn answer(State(world): State<Arc<LinkedinWorld>>, request: Request) -> Result<Json<Value>, Refusal> {
    let (parts, body) = request.into_parts();
    let override_verb = parts.headers.get("x-http-method-override");
    let tunnelled = parts.method == Verb::POST && override_verb.is_some_and(|verb| verb.as_bytes() == b"GET");
    let query = if tunnelled {
        let bytes = to_bytes(body, LONGEST_TUNNEL_BYTES).await.map_err(|_| Refusal::uri_too_long())?;
        String::from_utf8(bytes.to_vec()).map_err(|_| Refusal::illegal("Query is not UTF-8"))?
    } else {
        measure(&parts.uri)?;
        parts.uri.query().unwrap_or_default().to_owned()
    };
    respond(&world, tunnelled || parts.method == Verb::GET, &parts.headers, parts.uri.path(), &query).map(Json)
}

fn measure(uri: &Uri) -> Result<(), Refusal> {
    let query = uri.query().unwrap_or_default();
    let long_part =
        query.len() > LONGEST_PART_BYTES || uri.path().split('/').any(|part| part.len() > LONGEST_PART_BYTES);
    if long_part || uri.path().len() + query.len() > LONGEST_URL_BYTES {
        return Err(Refusal::uri_too_long());
    }
    Ok(())
}

fn respond(
    world: &LinkedinWorld,
    reads: bool,
    headers: &HeaderMap,
    path: &str,
    raw_query: &str,
) -> Result<Value, Refusal> {
    let now = world.now();
    let mut state = world.state();
    let caller = gate::admit(&state, headers, now)?;
    let version = gate::version(&state, headers)?;
    if !reads {
        return Err(Refusal::method_not_allowed());
    }
    let protocol_2 = headers.get("x-restli-protocol-version").is_some_and(|version| version == "2.0.0");
    let query = Query::parse(raw_query, protocol_2);
    let mut segments = path.strip_prefix("/rest/").unwrap_or_default().split('/').map(str::to_owned);
    let (resource, raw_key) = (segments.next().unwrap_or_default(), segments.next());
    let (part, deeper) = (segments.next(), segments.next().is_some());
    let method = match part {
        Some(_) => Method::GetAll,
        None => Method::of(raw_key.is_some(), &query, headers)?,
    };
    let state = &mut *state;
    state.usage.count(&format!("{resource}.{}", method.name()), now, &state.switches)?;
    let development = state.switches.development;
    let call = Call { resource, method, raw_key, query, caller, version, development, now };
    let body = match (call.resource.as_str(), part.as_deref()) {
        ("posts", None) => posts::answer(world, state, &call),
        ("images" | "videos" | "documents", None) => media::answer(world, state, &call),
        ("organizationAcls", None) => acls::answer(world, state, &call),
        ("organizations" | "organizationBrands", None) => organizations::answer(state, &call),
        ("socialMetadata", None) => engagement::metadata(state, &call),
        ("socialActions", Some("comments")) if !deeper => engagement::comments(world, state, &call),
        ("organizationalEntityShareStatistics", None) => statistics::answer(state, &call),
        _ => Err(Refusal::not_found("No virtual resource found")),
    }?;
    Ok(match call.query.fields() {
        Some(fields) => project(body, &fields),
        None => body,
    })
}
