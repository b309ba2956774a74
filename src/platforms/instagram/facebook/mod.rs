//! Instagram API with Facebook Login: a person logs in at Facebook, and every professional account linked to one of
//! their Pages can be connected, each read with its Page's token.
//! `<https://developers.facebook.com/docs/instagram-platform/instagram-api-with-facebook-login>`
//!
//! | file | what |
//! |---|---|
//! | `oauth` | consent, code → long-lived token of the person |
//! | `inspect` | what a token is and may |
//! | `pages` | the person's Pages, from every place that lists them |
//! | `login` | the accounts linked to them, and the tokens of their Pages |

mod inspect;
mod login;
mod oauth;
mod pages;
mod wire;

use super::{
    flavour::FACEBOOK,
    graph::{Graph, VERSION},
};
use crate::{
    config::FacebookLoginConfig,
    domain::{Identity, Timestamp, TokenSet, account::Login},
    outbound::Outbound,
    platforms::{AuthorizeRequest, CodeGrant, PlatformError, ScopeNeed},
};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use url::Url;

/// Opens the Pages of business portfolios, which the plain list leaves out.
const BUSINESS_SCOPE: &str = "business_management";

/// The permissions, with what each is for.
pub(super) fn scopes() -> Vec<ScopeNeed> {
    [
        (FACEBOOK.read_scope, true, "reading the account's profile and posts"),
        ("pages_show_list", true, "finding the Facebook Pages that accounts are linked to"),
        ("pages_read_engagement", true, "reading an account through its Facebook Page"),
        (BUSINESS_SCOPE, false, "finding Pages that belong to a business portfolio"),
    ]
    .map(|(scope, required, feature)| ScopeNeed { scope: scope.to_owned(), required, feature })
    .into()
}

/// The client of graph.facebook.com.
#[derive(Clone, Debug)]
pub(super) struct Facebook {
    config: FacebookLoginConfig,
    graph: Graph,
}

impl Facebook {
    pub(super) fn new(config: FacebookLoginConfig, http: Outbound) -> Self {
        let graph = Graph::new(http, config.graph_url.clone(), &FACEBOOK, Some(config.app_secret.clone()));
        Self { config, graph }
    }

    /// The host on which these accounts are read.
    pub(super) fn graph(&self) -> &Graph {
        &self.graph
    }

    pub(super) fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Url {
        oauth::authorize_url(&self.config, request)
    }

    pub(super) async fn exchange(&self, grant: &CodeGrant<'_>) -> Result<TokenSet, PlatformError> {
        oauth::exchange(self, grant).await
    }

    /// Exchanges a person's token for a later one. Facebook does not promise that it lives longer.
    pub(super) async fn refresh(&self, user_token: &SecretString, now: Timestamp) -> Result<TokenSet, PlatformError> {
        oauth::long_lived(self, user_token.expose_secret(), now).await
    }

    pub(super) async fn login(&self, user_token: &SecretString) -> Result<Login, PlatformError> {
        login::login(self, user_token).await
    }

    pub(super) async fn page_tokens(
        &self,
        user_token: &SecretString,
        login: &TokenSet,
        chosen: &[Identity],
    ) -> Result<HashMap<String, TokenSet>, PlatformError> {
        login::page_tokens(self, user_token, login, chosen).await
    }

    /// Calls an endpoint that takes the app's own credentials.
    async fn token_endpoint(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        now: Option<Timestamp>,
    ) -> Result<crate::outbound::Reply, PlatformError> {
        let path: Vec<&str> = std::iter::once(VERSION).chain(path.iter().copied()).collect();
        self.graph.token(&path, query, now).await
    }
}
