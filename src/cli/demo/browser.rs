//! What an administrator's browser does, done by HTTP against the running service.

use crate::{
    domain::Platform,
    outbound::{Limits, Outbound, Reply},
};
use anyhow::{Context, bail};
use http::Request;
use serde_json::{Value, json};
use url::Url;

/// An administrator's browser.
pub struct Browser {
    http: Outbound,
    base: String,
    secret: String,
}

impl Browser {
    /// A browser of an administrator known by `secret`.
    pub fn new(base: &str, secret: &str) -> anyhow::Result<Self> {
        Ok(Self { http: Outbound::new(Limits::default())?, base: base.to_owned(), secret: secret.to_owned() })
    }

    /// GraphiQL with the headers that make a person an administrator, in the part of the address that no server sees.
    pub fn explorer(&self) -> String {
        let headers = json!({"x-nchat-social-secret": self.secret, "x-hasura-role": "admin"}).to_string();
        let fragment = url::form_urlencoded::Serializer::new(String::new()).append_pair("headers", &headers).finish();
        format!("{}/graphiql#{fragment}", self.base)
    }

    /// Connects an account through the OAuth routes and the platform's page. Returns ids and names of its accounts.
    pub async fn connect(&self, platform: Platform) -> anyhow::Result<Vec<(String, String)>> {
        let start = self.get(&format!("{}/api/social/{platform}/auth", self.base), None, true).await?;
        let cookie = start.header("set-cookie").and_then(|cookie| cookie.split(';').next()).context("no cookie")?;
        let mut page = location(&start)?;
        page.query_pairs_mut().append_pair("auto", "1");
        let consent = self.get(page.as_str(), None, false).await?;
        let back = location(&consent)?;
        let end = self.get(back.as_str(), Some(cookie), false).await?;
        let end = location(&end)?;
        let asked = |name: &str| end.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        if let Some(error) = asked("error") {
            bail!("the service says {error}");
        }
        if let Some(connection) = asked("choose") {
            self.choose_all(&connection).await?;
        }
        let answer = self
            .ask(
                "query ($p: SocialPlatform!) { socialAccounts(platform: $p) { id account_name } }",
                json!({"p": platform}),
            )
            .await?;
        let accounts = answer["socialAccounts"].as_array().context("no accounts")?;
        Ok(accounts.iter().map(|account| (text(&account["id"]), text(&account["account_name"]))).collect())
    }

    /// Chooses everything that a connection offers.
    async fn choose_all(&self, connection: &str) -> anyhow::Result<()> {
        let offered = self
            .ask(
                "query ($id: uuid!) { socialConnection(id: $id) { identities { identity_id } } }",
                json!({"id": connection}),
            )
            .await?;
        let ids: Vec<Value> = offered["socialConnection"]["identities"]
            .as_array()
            .context("nothing is offered")?
            .iter()
            .map(|identity| identity["identity_id"].clone())
            .collect();
        let chosen = self
            .ask(
                "mutation ($i: SocialChooseIdentitiesInput!) { socialChooseIdentities(input: $i) { status message } }",
                json!({"i": {"connection_id": connection, "identity_ids": ids}}),
            )
            .await?;
        let payload = &chosen["socialChooseIdentities"];
        anyhow::ensure!(payload["status"] == "connected", "{}", text(&payload["message"]));
        Ok(())
    }

    /// Creates an integration unless the account has one. Whether it was created.
    pub async fn integrate(&self, account: &str, channel: &str) -> anyhow::Result<bool> {
        let there =
            self.ask("query ($a: uuid!) { socialIntegrations(account_id: $a) { id } }", json!({"a": account})).await?;
        if there["socialIntegrations"].as_array().is_some_and(|list| !list.is_empty()) {
            return Ok(false);
        }
        let created = self
            .ask(
                "mutation ($i: SocialCreateIntegrationInput!) { socialCreateIntegration(input: $i) { status message } }",
                json!({"i": {"account_id": account, "channel_id": channel, "backfill_count": 1}}),
            )
            .await?;
        let payload = &created["socialCreateIntegration"];
        anyhow::ensure!(payload["status"] == "created", "{}", text(&payload["message"]));
        Ok(true)
    }

    async fn get(&self, url: &str, cookie: Option<&str>, as_admin: bool) -> anyhow::Result<Reply> {
        let mut request = Request::get(url).header("accept", "text/html");
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        if as_admin {
            request = request.header("x-nchat-social-secret", &self.secret).header("x-hasura-role", "admin");
        }
        Ok(self.http.send(request.body(Vec::new())?).await?)
    }

    async fn ask(&self, query: &str, variables: Value) -> anyhow::Result<Value> {
        let request = Request::post(format!("{}/graphql", self.base))
            .header("content-type", "application/json")
            .header("x-nchat-social-secret", &self.secret)
            .header("x-hasura-role", "admin")
            .body(json!({"query": query, "variables": variables}).to_string().into_bytes())?;
        let reply = self.http.send(request).await?;
        let mut answer: Value = serde_json::from_slice(&reply.body).context("the service answered no JSON")?;
        if let Some(error) = answer["errors"].get(0) {
            bail!("{}", text(&error["message"]));
        }
        Ok(answer["data"].take())
    }
}

fn location(reply: &Reply) -> anyhow::Result<Url> {
    let to = reply.header("location").with_context(|| format!("HTTP {} where a redirect was due", reply.status))?;
    Ok(Url::parse(to)?)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
