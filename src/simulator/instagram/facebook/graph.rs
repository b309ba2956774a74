//! graph.facebook.com, below a version: the person, the pages, and the Instagram accounts behind them.

use super::super::{
    InstagramWorld, answer, edge,
    errors::{GraphError, Subcodes},
    fields,
    graph::find,
    limits::{self, Caller},
    media::{self, Renderer},
    params::Params,
    state::State as Memory,
    usage::{DAY, Usage},
    version,
};
use super::{
    BUSINESS_ID, PERSON_ID, PERSON_NAME,
    grants::{Consent, Holder, Token},
    inspect,
    pages::{self, Listing, Page},
    proof, token,
};
use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// A call whose token is good.
struct Calling<'a> {
    world: &'a InstagramWorld,
    params: &'a Params,
    text: &'a str,
    token: Token,
    consent: Consent,
    version: &'a str,
    cdn_local: bool,
}

impl Calling<'_> {
    fn renderer(&self) -> Renderer<'_> {
        Renderer { signer: &self.world.signer, shared: &self.world.shared, cdn_local: self.cdn_local }
    }

    /// Where this host answers, for links.
    fn address(&self, below: &str) -> String {
        format!("{}/facebook-graph/{}/{below}", self.world.shared.base_url, self.version)
    }

    /// A list of `pages` that stands at `below`.
    fn list(&self, state: &mut Memory, pages: Vec<Page>, below: &str) -> Result<Value, GraphError> {
        let Self { params, text: token_text, token: user, consent, .. } = self;
        let address = self.address(below);
        pages::list(state, pages, &Listing { params, token_text, user, consent, address, renderer: self.renderer() })
    }
}

/// What is told about the use of limits.
#[derive(Default)]
struct Told {
    app: Option<Usage>,
    account: Option<(String, Usage)>,
}

/// `/facebook-graph/{version}/…`
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
    let mut told = Told::default();
    let token_text = params.access_token(&headers);
    let trouble = state.switches.fault.draw();
    let result = match (trouble.map(|trouble| trouble.error(now)), versioned.parts.as_slice()) {
        (Some(None), _) => return answer::html_500(),
        (Some(Some(error)), _) => Err(error),
        (None, ["oauth", "access_token"]) if method == Method::GET => token::exchange(&world, &mut state, &params),
        (None, ["debug_token"]) if method == Method::GET => inspect::debug_token(&state, &params, token_text, now),
        (None, parts) => admit(&mut state, &params, token_text, &mut told, now).and_then(|(token, consent)| {
            let text = token_text.unwrap_or_default();
            let (world, cdn_local, version) = (&*world, state.switches.cdn_local, &*versioned.served);
            let calling = Calling { world, params: &params, text, token, consent, version, cdn_local };
            match (&method, parts) {
                (&Method::GET, _) => read(&mut state, &calling, parts, &mut told),
                (&Method::DELETE, ["me" | PERSON_ID, "permissions"]) => {
                    state.facebook.give_up(&calling.token);
                    Ok(json!({ "success": true }))
                }
                _ => Err(GraphError::unsupported(&method.as_str().to_lowercase())),
            }
        }),
    };
    let mut response = match &result {
        Ok(body) => answer::json(&world.shared, &state.switches, StatusCode::OK, body),
        Err(error) => refuse(&world, &state, error),
    };
    answer::set_version(&mut response, &versioned.served);
    if let Some(trouble) = trouble {
        trouble.throttle(told.account.as_ref().map_or("0", |(account, _)| account), response.headers_mut());
    }
    if let Some(usage) = told.app {
        usage.app_header(response.headers_mut());
    }
    if let Some((account, usage)) = told.account {
        answer::set_usage(&mut response, &state.switches, &account, usage);
    }
    response
}

/// Subcodes always are in the answers of this host, and a 190 says in a header what it says in its body.
fn refuse(world: &InstagramWorld, state: &Memory, error: &GraphError) -> Response {
    let mut response = answer::error_with(&world.shared, &state.switches, error, Subcodes::Facebook);
    if error.code == 190 {
        let value = format!("OAuth \"Facebook Platform\" \"invalid_token\" \"{}\"", error.message);
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
    }
    response
}

/// Whose call it is, if it may be made at all.
fn admit(
    state: &mut Memory,
    params: &Params,
    token: Option<&str>,
    told: &mut Told,
    now: crate::domain::Timestamp,
) -> Result<(Token, Consent), GraphError> {
    let text = token.ok_or_else(GraphError::no_token)?;
    let (token, consent) = state.facebook.check(text, now)?;
    let (token, consent) = (token.clone(), consent.clone());
    proof::check(params, text, state.switches.proof_required)?;
    let page = match &token.holder {
        Holder::Person => None,
        Holder::Page(page) => Some(page.as_str()),
    };
    if page.is_some_and(|id| pages::held(state).iter().all(|page| page.id != id)) {
        return Err(GraphError::no_page_role());
    }
    let caller = Caller { user: page.is_none().then_some(PERSON_ID), page };
    let (share, refused) = limits::count(&mut state.calls, &state.switches.quotas, &caller, now);
    told.app = share;
    refused?;
    Ok((token, consent))
}

fn read(state: &mut Memory, calling: &Calling<'_>, parts: &[&str], told: &mut Told) -> Result<Value, GraphError> {
    let person = calling.token.holder == Holder::Person;
    match *parts {
        [] if calling.params.get("ids").is_some() => {
            let error = GraphError::new(100, "The ids query parameter is deprecated in v26.0+");
            Err(error.with_status(StatusCode::INTERNAL_SERVER_ERROR))
        }
        ["me" | PERSON_ID] if person => {
            let fields = fields::parse(calling.params.text("fields"))?;
            fields::check(&fields, &["id", "name"], "User")?;
            Ok(json!({ "id": PERSON_ID, "name": PERSON_NAME }))
        }
        ["me" | PERSON_ID, "permissions"] if person => Ok(permissions(&calling.consent)),
        ["me" | PERSON_ID, "accounts"] if person => {
            let shown = calling.consent.has("pages_show_list");
            let pages: Vec<_> = pages::held(state).into_iter().filter(|page| shown && !page.is_hidden(state)).collect();
            calling.list(state, pages, &format!("{PERSON_ID}/accounts"))
        }
        ["me" | PERSON_ID, "businesses"] if person => {
            managed(&calling.consent)?;
            Ok(json!({ "data": [{ "id": BUSINESS_ID, "name": "Acme Business" }] }))
        }
        [BUSINESS_ID, edge @ ("owned_pages" | "client_pages")] if person => {
            managed(&calling.consent)?;
            let mut pages = pages::held(state);
            pages.retain(|page| edge == "owned_pages" && page.account.is_some());
            calling.list(state, pages, &format!("{BUSINESS_ID}/{edge}"))
        }
        [node, ref below @ ..] => {
            let own = match &calling.token.holder {
                Holder::Page(page) => Some(page.as_str()),
                Holder::Person => None,
            };
            // A page's token reaches that page and its account; the person's reaches all.
            let reached: Vec<Page> =
                pages::held(state).into_iter().filter(|page| own.is_none_or(|own| own == page.id)).collect();
            let node = if node == "me" { own.unwrap_or(node) } else { node };
            if let (Some(page), []) = (reached.iter().find(|page| page.id == node), below) {
                return one_page(state, calling, page);
            }
            let accounts: Vec<String> = reached.into_iter().filter_map(|page| page.account).collect();
            of_account(state, calling, &accounts, [node].into_iter().chain(below.iter().copied()).collect(), told)
        }
        [] => Err(GraphError::unsupported("get")),
    }
}

fn one_page(state: &mut Memory, calling: &Calling<'_>, page: &Page) -> Result<Value, GraphError> {
    let renderer = calling.renderer();
    let fields = fields::parse(calling.params.text("fields"))?;
    let token = match &calling.token.holder {
        Holder::Page(_) => calling.text.to_owned(),
        Holder::Person => state.facebook.page_token(renderer.shared, &calling.token, &page.id),
    };
    let shown = page.gives_token(state).then_some(token.as_str());
    page.render(state, &fields, false, &calling.consent, shown, renderer)
}

/// An Instagram account, its media, and single media. Each account has its own share of calls.
fn of_account(
    state: &mut Memory,
    calling: &Calling<'_>,
    accounts: &[String],
    path: Vec<&str>,
    told: &mut Told,
) -> Result<Value, GraphError> {
    let (node, below) = path.split_first().map_or(("", &[][..]), |(node, below)| (*node, below));
    let renderer = calling.renderer();
    let owns =
        |id: &&String| *id == node || state.account(id).is_some_and(|account| find(&account.media, node).is_some());
    let Some(id) = accounts.iter().find(owns) else { return Err(GraphError::no_object(node)) };
    let counted = state.calls.note(id, state.switches.quota, DAY, renderer.shared.clock.now());
    told.account = Some((id.clone(), counted.unwrap_or_else(|over| over)));
    counted.map_err(|_| GraphError::quota())?;
    if !["instagram_basic", "pages_read_engagement"].iter().all(|scope| calling.consent.has(scope)) {
        return Err(GraphError::no_permission());
    }
    let account = state.account(id).ok_or_else(|| GraphError::no_object(node))?;
    let parse = || fields::parse(calling.params.text("fields"));
    match below {
        [] if node == id => account.render_of_facebook(&parse()?, renderer),
        ["media"] if node == id => {
            let address = calling.address(&format!("{id}/media"));
            edge::page(account, calling.params, calling.text, &address, &state.switches, renderer)
        }
        [] => {
            let (media, read) = find(&account.media, node).ok_or_else(|| GraphError::no_object(node))?;
            let fields = parse()?;
            media::check(&fields)?;
            Ok(renderer.render(media, &fields, read))
        }
        [edge, ..] => Err(GraphError::unknown_path(&format!("/{edge}"))),
    }
}

fn permissions(consent: &Consent) -> Value {
    let status = |scope: &&'static str| if consent.has(scope) { "granted" } else { "declined" };
    let entry = |scope| json!({ "permission": scope, "status": status(scope) });
    json!({ "data": consent.asked.iter().map(entry).collect::<Vec<_>>() })
}

fn managed(consent: &Consent) -> Result<(), GraphError> {
    if consent.has("business_management") {
        return Ok(());
    }
    Err(GraphError::new(200, "(#200) Requires business_management permission to manage the object."))
}
