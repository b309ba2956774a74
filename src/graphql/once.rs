//! A mutation whose input has a `client_key` is executed once: repeated within a day, by the same person with the same
//! input, it answers what it answered. For clients and gateways that cannot know whether their request arrived.

use super::fault::{Fault, RequestId};
use crate::{
    service::{Actor, AdminActor, Service, ServiceError},
    store::requests::Begun,
};
use async_graphql::{
    ErrorExtensionValues, Pos, Request, ServerError, ServerResult, Value, Variables,
    extensions::{ExtensionContext, NextResolve, ResolveInfo},
    parser::types::{Field, Selection},
};
use sha2::{Digest, Sha256};

/// The field of an input.
const KEY: &str = "client_key";
const LONGEST_KEY: usize = 128;

/// The request's variables, which the library does not show to extensions.
struct Given(Variables);

/// Keeps the request's variables for [`once`].
pub fn keep_variables(request: Request) -> Request {
    let given = Given(request.variables.clone());
    request.data(given)
}

/// Resolves a mutation, or answers what it answered.
pub async fn once(
    ctx: &ExtensionContext<'_>,
    info: ResolveInfo<'_>,
    next: NextResolve<'_>,
) -> ServerResult<Option<Value>> {
    let (Some(service), Some(Actor::Admin(admin))) = (ctx.data_opt::<Service>(), ctx.data_opt::<Actor>()) else {
        return next.run(ctx, info).await;
    };
    let variables = ctx.data_opt::<Given>();
    let Some(asked) = variables.and_then(|given| asked(info.field, &given.0)) else {
        return next.run(ctx, info).await;
    };
    let request_id = ctx.data_opt::<RequestId>().map(|id| id.0.as_str());
    let length = asked.key.chars().count();
    if length == 0 || length > LONGEST_KEY || asked.key.chars().any(char::is_control) {
        return Err(refusal("invalid", "client_key must have 1 to 128 characters, none of them a control character"));
    }
    match begin(service, admin, &asked).await.map_err(|error| internal(&error, request_id))? {
        Begun::Now => {}
        Begun::Answered(answer) => return Ok(serde_json::from_str(&answer).ok()),
        Begun::Running => {
            return Err(refusal("in_progress", "this client_key is being worked on: ask again in a moment"));
        }
        Begun::Different => {
            return Err(refusal(
                "client_key_reused",
                "this client_key came with another mutation, input or selection: use a new one for each change",
            ));
        }
    }
    let answer = next.run(ctx, info).await;
    let text = answer.as_ref().ok().and_then(|value| serde_json::to_string(value).ok());
    service
        .end_request(admin, &asked.key, &asked.fingerprint, text.as_deref())
        .await
        .map_err(|error| internal(&error, request_id))?;
    answer
}

async fn begin(service: &Service, admin: &AdminActor, asked: &Asked) -> Result<Begun, ServiceError> {
    service.begin_request(admin, &asked.key, &asked.fingerprint).await
}

/// A mutation with a key.
struct Asked {
    key: String,
    fingerprint: Vec<u8>,
}

/// The key in a mutation's input, and a hash of the mutation; `None` without a key.
fn asked(field: &Field, variables: &Variables) -> Option<Asked> {
    let input = field.get_argument("input")?;
    let value = input.node.clone().into_const_with(|name| variables.get(&name).cloned().ok_or(())).ok()?;
    let Value::Object(object) = &value else { return None };
    let Value::String(key) = object.get(KEY)? else { return None };
    let mut hash = Sha256::new();
    hash.update(field.name.node.as_bytes());
    hash.update(value.to_string());
    selected(&field.selection_set.node.items, &mut hash);
    Some(Asked { key: key.clone(), fingerprint: hash.finalize().to_vec() })
}

/// Hashes what a selection asks for, whatever its layout. Fragments count by name.
fn selected(items: &[async_graphql::Positioned<Selection>], hash: &mut Sha256) {
    hash.update("{");
    for item in items {
        match &item.node {
            Selection::Field(field) => {
                hash.update(field.node.response_key().node.as_bytes());
                hash.update(":");
                hash.update(field.node.name.node.as_bytes());
                for (name, value) in &field.node.arguments {
                    hash.update(format!("({}:{})", name.node, value.node));
                }
                selected(&field.node.selection_set.node.items, hash);
            }
            Selection::FragmentSpread(spread) => hash.update(format!("...{}", spread.node.fragment_name.node)),
            Selection::InlineFragment(inline) => {
                hash.update("...");
                selected(&inline.node.selection_set.node.items, hash);
            }
        }
        hash.update(",");
    }
    hash.update("}");
}

fn refusal(code: &str, message: &str) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code);
    error
}

fn internal(error: &ServiceError, request_id: Option<&str>) -> ServerError {
    async_graphql::Error::from(Fault::of(error, request_id)).into_server_error(Pos::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::{parse_query, types::DocumentOperations};
    use serde_json::json;

    fn fingerprint(document: &str, variables: serde_json::Value) -> Option<(String, Vec<u8>)> {
        let document = parse_query(document).expect("a document");
        let DocumentOperations::Single(operation) = document.operations else { panic!("one operation") };
        let Selection::Field(field) = &operation.node.selection_set.node.items[0].node else { panic!("a field") };
        asked(&field.node, &Variables::from_json(variables)).map(|asked| (asked.key, asked.fingerprint))
    }

    #[test]
    fn the_same_question_has_one_fingerprint_however_it_is_laid_out() {
        let inline = fingerprint(r#"mutation { m(input: {client_key: "k", id: 1}) { status a: message } }"#, json!({}));
        let given = fingerprint(
            "mutation($i: I) {\n m(input: $i) {\n  status\n  a: message\n }\n}",
            json!({"i": {"client_key": "k", "id": 1}}),
        );
        assert!(inline.is_some());
        assert_eq!(inline, given);
        for other in [
            r#"mutation { m(input: {client_key: "k", id: 2}) { status a: message } }"#,
            r#"mutation { n(input: {client_key: "k", id: 1}) { status a: message } }"#,
            r#"mutation { m(input: {client_key: "k", id: 1}) { status message } }"#,
            r#"mutation { m(input: {client_key: "k", id: 1}) { status } }"#,
        ] {
            assert_ne!(fingerprint(other, json!({})), inline, "{other}");
        }
    }

    #[test]
    fn without_a_key_nothing_is_kept() {
        for document in [
            "mutation { m { a } }",
            "mutation { m(input: {id: 1}) { a } }",
            "mutation { m(input: {client_key: null}) { a } }",
        ] {
            assert_eq!(fingerprint(document, json!({})), None, "{document}");
        }
    }
}
