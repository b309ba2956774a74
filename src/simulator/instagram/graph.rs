//! The nodes and edges of graph.instagram.com, below a version.

use super::{
    InstagramWorld, answer, edge,
    errors::GraphError,
    fields,
    grants::BASIC,
    limits::{self, Caller},
    media::{self, Media, Read, Renderer},
    params::Params,
    state::State as Memory,
    usage::{DAY, Usage},
    version,
};
use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, Method, StatusCode},
    response::Response,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// A request whose token is good.
struct Reading<'a> {
    account: String,
    token: &'a str,
    params: &'a Params,
    version: &'a str,
}

/// `/graph/{version}/{node}` and `/graph/{version}/{node}/media`, with or without the version.
pub(super) async fn answer(
    State(world): State<Arc<InstagramWorld>>,
    method: Method,
    path: Option<Path<String>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let path = path.map(|Path(path)| path).unwrap_or_default();
    let params = Params::urlencoded(query.unwrap_or_default().as_bytes());
    let now = world.shared.clock.now();
    let mut state = world.state();
    let versioned = match version::resolve(&path, now) {
        Ok(versioned) => versioned,
        Err(rest) => return answer::error(&world.shared, &state.switches, &GraphError::unknown_path(&rest)),
    };

    let (mut usage, mut share) = (None, None);
    let trouble = state.switches.fault.draw();
    let result = match trouble.map(|trouble| trouble.error(now)) {
        Some(None) => return answer::html_500(),
        Some(Some(error)) => Err(error),
        None if method != Method::GET => Err(GraphError::unsupported(&method.as_str().to_lowercase())),
        None => admit(&world, &mut state, params.access_token(&headers), (&mut usage, &mut share)).and_then(
            |(account, token)| {
                let reading = Reading { account, token, params: &params, version: &versioned.served };
                read(&world, &state, &reading, &versioned.parts)
            },
        ),
    };

    let mut response = match &result {
        Ok(body) => answer::json(&world.shared, &state.switches, StatusCode::OK, body),
        Err(error) => answer::error(&world.shared, &state.switches, error),
    };
    answer::set_version(&mut response, &versioned.served);
    if let Some(trouble) = trouble {
        let token = params.access_token(&headers).and_then(|token| state.grants.check(token, now).ok());
        trouble.throttle(token.map_or("0", |token| &token.grant.account), response.headers_mut());
    }
    if let Some((account, usage)) = usage {
        answer::set_usage(&mut response, &state.switches, &account, usage);
    }
    if let Some(share) = share {
        share.app_header(response.headers_mut());
    }
    response
}

/// Whose request it is, if it may read at all. What it uses of the account's share and of the others is told as soon as
/// the call counts.
fn admit<'a>(
    world: &InstagramWorld,
    state: &mut Memory,
    token: Option<&'a str>,
    (usage, share): (&mut Option<(String, Usage)>, &mut Option<Usage>),
) -> Result<(String, &'a str), GraphError> {
    let now = world.shared.clock.now();
    let text = token.ok_or_else(GraphError::no_token)?;
    if text.is_empty() || text == "undefined" || state.switches.tester_pending {
        return Err(GraphError::unsupported("get"));
    }
    let token = state.grants.check(text, now)?;
    let account = token.grant.account.clone();
    let may_read = token.grant.scopes.contains(&BASIC);
    let caller = Caller { user: Some(&account), page: None };
    let (told, refused) = limits::count(&mut state.calls, &state.switches.quotas, &caller, now);
    *share = told;
    refused?;
    let counted = state.calls.note(&account, state.switches.quota, DAY, now);
    *usage = Some((account.clone(), counted.unwrap_or_else(|over| over)));
    match counted {
        Err(_) => Err(GraphError::quota()),
        Ok(_) if !may_read => Err(GraphError::no_permission()),
        Ok(_) => Ok((account, text)),
    }
}

fn read(world: &InstagramWorld, state: &Memory, reading: &Reading<'_>, parts: &[&str]) -> Result<Value, GraphError> {
    let switches = &state.switches;
    let renderer = Renderer { signer: &world.signer, shared: &world.shared, cdn_local: switches.cdn_local };
    let account = state.account(&reading.account).ok_or_else(GraphError::removed)?;
    match *parts {
        [] if reading.params.get("ids").is_some() => {
            let error = GraphError::new(100, "The ids query parameter is deprecated in v26.0+");
            Err(error.with_status(StatusCode::INTERNAL_SERVER_ERROR))
        }
        [node] if account.is_called(node) => {
            let fields = fields::parse(reading.params.text("fields"))?;
            let profile = account.render(&fields, switches.me_user_id_number, renderer)?;
            Ok(if switches.me_wrapped { json!({ "data": [profile] }) } else { profile })
        }
        [node, "media"] if account.is_called(node) => {
            // Links name the professional id, whatever the request did.
            let address =
                format!("{}/instagram/graph/{}/{}/media", world.shared.base_url, reading.version, reading.account);
            edge::page(account, reading.params, reading.token, &address, switches, renderer)
        }
        [node] => {
            let (media, read) = find(&account.media, node).ok_or_else(|| GraphError::no_object(node))?;
            let fields = fields::parse(reading.params.text("fields"))?;
            media::check(&fields)?;
            Ok(renderer.render(media, &fields, read))
        }
        [node, "children"] => {
            let album = account.media.iter().find(|media| media.id == node && !media.children.is_empty());
            let album = album.ok_or_else(|| GraphError::no_object(node))?;
            let fields = fields::parse(reading.params.text("fields"))?;
            media::check(&fields)?;
            let items: Vec<_> = album.children.iter().map(|item| renderer.render(item, &fields, Read::Item)).collect();
            Ok(json!({ "data": items }))
        }
        [node, "media", ..] if !account.is_called(node) => Err(GraphError::no_object(node)),
        [_, edge, ..] => Err(GraphError::unknown_path(&format!("/{edge}"))),
        [] => Err(GraphError::unsupported("get")),
    }
}

/// The post or album item `id` of an account.
pub(super) fn find<'a>(posts: &'a [Media], id: &str) -> Option<(&'a Media, Read)> {
    posts.iter().find_map(|post| {
        if post.id == id {
            return Some((post, Read::Direct));
        }
        post.children.iter().find(|item| item.id == id).map(|item| (item, Read::Item))
    })
}
