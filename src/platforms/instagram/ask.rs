//! One question to the Graph host, put again once with less in it where that is what the refusal wants.

use super::{errors::Refusal, graph::Graph};
use crate::{domain::Timestamp, outbound::Reply, platforms::PlatformError};
use secrecy::SecretString;

/// A question about a node or an edge.
pub(super) struct Ask<'a> {
    /// The path below the version.
    pub path: &'a [&'a str],
    /// The fields wanted; `id` comes unasked.
    pub fields: Vec<&'static str>,
    /// The fields wanted of a carousel's parts; none: `children` is not asked for.
    pub child_fields: Vec<&'static str>,
    /// Posts in a page, for edges.
    pub limit: Option<usize>,
    /// The field that was given up, if one was.
    pub dropped: Option<&'static str>,
    /// Requests made so far.
    pub requests: u32,
    halved: bool,
}

/// Without these an answer is of no use, so they are never given up.
const INDISPENSABLE: [&str; 3] = ["id", "user_id", "timestamp"];

impl<'a> Ask<'a> {
    pub(super) fn new(path: &'a [&'a str], fields: &[&'static str]) -> Self {
        Self {
            path,
            fields: fields.to_vec(),
            child_fields: Vec::new(),
            limit: None,
            dropped: None,
            requests: 0,
            halved: false,
        }
    }

    /// Puts the question, at the page behind `after`.
    ///
    /// One unknown field makes Instagram refuse the whole request, and documents differ about which fields this login
    /// has: a field that a refusal names is given up, once. A page that is too heavy is halved, once.
    ///
    /// # Errors
    /// Every refusal that neither step answers.
    pub(super) async fn put(
        &mut self,
        graph: &Graph,
        token: &SecretString,
        after: Option<&str>,
        now: Option<Timestamp>,
    ) -> Result<Reply, PlatformError> {
        loop {
            let fields = self.fields();
            let limit = self.limit.map(|limit| limit.to_string());
            let mut query = vec![("fields", fields.as_str())];
            query.extend(limit.as_deref().map(|limit| ("limit", limit)));
            query.extend(after.map(|after| ("after", after)));
            let reply = graph.read(self.path, &query, token).await?;
            self.requests = self.requests.saturating_add(1);
            let Some(refusal) = Refusal::of(&reply) else { return Ok(reply) };
            if !(self.drop_named(&refusal) || self.halve(&refusal)) {
                return Err(refusal.into_error(graph.flavour, now));
            }
        }
    }

    /// `id,caption,children{id,media_url}`
    fn fields(&self) -> String {
        let mut fields = self.fields.join(",");
        if !self.child_fields.is_empty() {
            fields.push_str(",children{");
            fields.push_str(&self.child_fields.join(","));
            fields.push('}');
        }
        fields
    }

    fn drop_named(&mut self, refusal: &Refusal) -> bool {
        if self.dropped.is_some() {
            return false;
        }
        let mut asked = self.fields.iter().chain(&self.child_fields).chain(&["children"]).copied();
        let Some(name) = asked.find(|name| !INDISPENSABLE.contains(name) && refusal.is_about(name)) else {
            return false;
        };
        if name == "children" {
            if self.child_fields.is_empty() {
                return false;
            }
            self.child_fields.clear();
        }
        self.fields.retain(|field| *field != name);
        self.child_fields.retain(|field| *field != name);
        self.dropped = Some(name);
        true
    }

    /// Asks for larger pages from here on, unless a page was too heavy before.
    pub(super) fn enlarge(&mut self, limit: usize) {
        if !self.halved {
            self.limit = Some(limit);
        }
    }

    fn halve(&mut self, refusal: &Refusal) -> bool {
        let Some(limit) = self.limit.filter(|limit| *limit > 1) else { return false };
        if self.halved || !refusal.asks_for_less() {
            return false;
        }
        self.limit = Some(limit / 2);
        self.halved = true;
        true
    }
}
