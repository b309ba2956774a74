//! The person's pages. Every Instagram account of the world is linked to one; some pages have no account.
//! `<https://developers.facebook.com/docs/graph-api/reference/user/accounts>`

use super::super::{
    errors::GraphError,
    fields::{self, Field},
    media::Renderer,
    params::Params,
    state::State,
};
use super::grants::{Consent, Token};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use url::form_urlencoded;

const DEFAULT_LIMIT: usize = 25;
const MAX_LIMIT: usize = 100;
/// Where the ids of pages begin; the account's own digits follow.
const FIRST_ID: u64 = 300_000_000_000_000;
/// Where those of pages without an account begin.
const FIRST_LONE_ID: u64 = 200_000_000_000_001;

/// What a page answers at its own address; `tasks` can be asked for in the person's list alone.
const FIELDS: [&str; 7] =
    ["id", "name", "access_token", "category", "instagram_business_account", "connected_instagram_account", "username"];

/// What is unusual about the person's pages. Pages are named by the ids of their Instagram accounts.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Peculiar {
    /// Missing from the person's list, though the person chose them.
    pub hidden: BTreeSet<String>,
    /// The person no longer has a role there.
    pub lost: BTreeSet<String>,
    /// The person's task there does not reach for a token.
    pub tokenless: BTreeSet<String>,
    /// So many pages have no Instagram account.
    pub lone: usize,
}

/// A page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub id: String,
    pub name: String,
    /// The Instagram account's professional id.
    pub account: Option<String>,
}

/// Every page on which the person has a role, pages without an account in between.
pub(super) fn held(state: &State) -> Vec<Page> {
    let peculiar = &state.switches.pages;
    let lone = (0..peculiar.lone).map(|n| Page {
        id: (FIRST_LONE_ID + n as u64).to_string(),
        name: format!("Page without Instagram {}", n + 1),
        account: None,
    });
    let linked = state.accounts.iter().filter(|account| !peculiar.lost.contains(&account.user_id));
    let linked = linked.map(|account| Page {
        id: page_id(&account.user_id),
        name: if account.name.is_empty() { account.username.clone() } else { account.name.clone() },
        account: Some(account.user_id.clone()),
    });
    lone.chain(linked).collect()
}

/// The page linked to an account.
pub(super) fn page_id(account: &str) -> String {
    (FIRST_ID + account.parse::<u64>().unwrap_or(0) % 100_000_000_000_000).to_string()
}

impl Page {
    pub fn is_hidden(&self, state: &State) -> bool {
        self.account.as_ref().is_some_and(|account| state.switches.pages.hidden.contains(account))
    }

    pub fn gives_token(&self, state: &State) -> bool {
        self.account.as_ref().is_none_or(|account| !state.switches.pages.tokenless.contains(account))
    }

    /// The page with the asked-for fields; what there is nothing to say about is left out, never null. `token` is
    /// what its `access_token` shows.
    pub fn render(
        &self,
        state: &State,
        fields: &[Field],
        listed: bool,
        consent: &Consent,
        token: Option<&str>,
        renderer: Renderer<'_>,
    ) -> Result<Value, GraphError> {
        let known: Vec<&str> = FIELDS.into_iter().chain(listed.then_some("tasks")).collect();
        fields::check(fields, &known, "Page")?;
        let account =
            self.account.as_deref().and_then(|id| state.account(id)).filter(|_| consent.has("instagram_basic"));
        let mut page = Map::new();
        for field in fields {
            let value = match field.name.as_str() {
                "name" => self.name.clone().into(),
                "category" => "Company".into(),
                "tasks" if self.gives_token(state) => json!(["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MANAGE"]),
                "tasks" => json!(["ANALYZE"]),
                "access_token" => match token {
                    Some(token) => token.into(),
                    None => continue,
                },
                "instagram_business_account" => match account {
                    Some(account) => account.render_of_facebook(&field.inner, renderer)?,
                    None => continue,
                },
                _ => continue,
            };
            page.insert(field.name.clone(), value);
        }
        page.insert("id".into(), self.id.clone().into());
        Ok(Value::Object(page))
    }
}

/// Where a list stands and how it is asked.
pub(super) struct Listing<'a> {
    pub params: &'a Params,
    pub token_text: &'a str,
    pub user: &'a Token,
    pub consent: &'a Consent,
    /// Without a query.
    pub address: String,
    pub renderer: Renderer<'a>,
}

/// One page of a list of pages, with a link to the next that carries the token.
pub(super) fn list(state: &mut State, pages: Vec<Page>, listing: &Listing<'_>) -> Result<Value, GraphError> {
    let params = listing.params;
    let fields = match params.get("fields") {
        Some(text) => fields::parse(text)?,
        None => fields::parse("access_token,category,name,id,tasks")?,
    };
    let limit = match params.get("limit").map(str::parse::<usize>) {
        None => DEFAULT_LIMIT,
        Some(Ok(limit)) if limit > 0 => limit.min(MAX_LIMIT),
        Some(_) => return Err(GraphError::parameter("param limit must be a positive integer.")),
    };
    let after = params.get("after").filter(|after| !after.is_empty());
    let from = match after.map(|after| pages.iter().position(|page| cursor(page) == after)) {
        None => 0,
        Some(Some(at)) => at + 1,
        Some(None) => return Err(GraphError::parameter("Invalid cursor: after")),
    };
    let shown = &pages[from..pages.len().min(from + limit)];
    let mut data = Vec::with_capacity(shown.len());
    for page in shown {
        let asked = fields.iter().any(|field| field.name == "access_token") && page.gives_token(state);
        let token = asked.then(|| state.facebook.page_token(listing.renderer.shared, listing.user, &page.id));
        data.push(page.render(state, &fields, true, listing.consent, token.as_deref(), listing.renderer)?);
    }
    let mut body = json!({ "data": data });
    if let (Some(first), Some(last)) = (shown.first(), shown.last()) {
        body["paging"] = json!({ "cursors": { "before": cursor(first), "after": cursor(last) } });
        if from + shown.len() < pages.len() {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("access_token", listing.token_text);
            query.extend_pairs(["fields", "limit"].into_iter().filter_map(|name| Some((name, params.get(name)?))));
            let query = query.append_pair("after", &cursor(last)).finish();
            body["paging"]["next"] = format!("{}?{query}", listing.address).into();
        }
    }
    Ok(body)
}

/// Opaque to callers.
fn cursor(page: &Page) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
    STANDARD_NO_PAD.encode(page.id.bytes().rev().collect::<Vec<_>>())
}
