//! A mutation whose input has a `client_key` is executed once: repeated within a day, by the same person with the same
//! input, it answers what it answered. For clients and gateways that cannot know whether their request arrived.

use super::{
    code::{INVALID, code},
    fault::{Fault, RequestId},
    limits::coded,
};
use crate::{
    service::{Actor, AdminActor, Service, ServiceError},
    store::requests::Begun,
};
use async_graphql::{
    Context, Name, Pos, Positioned, ServerError, ServerResult, Value,
    parser::types::{Field, Selection},
};
use sha2::{Digest, Sha256};

/// The field of an input.
const KEY: &str = "client_key";
const LONGEST_KEY: usize = 128;

/// Resolves a mutation by `resolving` it, or answers what it answered.
pub async fn once(
    ctx: &Context<'_>,
    resolving: impl Future<Output = ServerResult<Option<Value>>> + Send,
) -> ServerResult<Option<Value>> {
    let (Some(service), Some(Actor::Admin(admin))) = (ctx.data_opt::<Service>(), ctx.data_opt::<Actor>()) else {
        return resolving.await;
    };
    // What cannot be read of the arguments, the mutation itself refuses.
    let Some(asked) = ctx.field().arguments().ok().and_then(|arguments| asked(&ctx.item.node, &arguments)) else {
        return resolving.await;
    };
    let request_id = ctx.data_opt::<RequestId>().map(|id| id.0.as_str());
    let length = asked.key.chars().count();
    if length == 0 || length > LONGEST_KEY || asked.key.chars().any(char::is_control) {
        let message = "client_key must have 1 to 128 characters, none of them a control character";
        return Err(coded(ServerError::new(message, None), INVALID));
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
    let answer = resolving.await;
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
fn asked(field: &Field, arguments: &[(Name, Value)]) -> Option<Asked> {
    let (_, input) = arguments.iter().find(|(name, _)| name == "input")?;
    let Value::Object(object) = input else { return None };
    let Value::String(key) = object.get(KEY)? else { return None };
    let mut hash = Sha256::new();
    hash.update(field.name.node.as_bytes());
    given(input, &mut hash);
    selected(&field.selection_set.node.items, &mut hash);
    Some(Asked { key: key.clone(), fingerprint: hash.finalize().to_vec() })
}

/// Hashes an input, whatever the order of its fields. Null means not given.
fn given(value: &Value, hash: &mut Sha256) {
    match value {
        Value::Object(object) => {
            let mut fields: Vec<_> = object.iter().filter(|(_, value)| **value != Value::Null).collect();
            fields.sort_unstable_by_key(|(name, _)| name.as_str());
            hash.update("{");
            for (name, value) in fields {
                hash.update(name.as_bytes());
                hash.update(":");
                given(value, hash);
                hash.update(",");
            }
            hash.update("}");
        }
        Value::List(list) => {
            hash.update("[");
            for value in list {
                given(value, hash);
                hash.update(",");
            }
            hash.update("]");
        }
        plain => hash.update(plain.to_string()),
    }
}

/// Hashes what a selection asks for, whatever its layout. Fragments count by name.
fn selected(items: &[Positioned<Selection>], hash: &mut Sha256) {
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

fn refusal(word: &str, message: &str) -> ServerError {
    coded(ServerError::new(message, None), &code(word))
}

fn internal(error: &ServiceError, request_id: Option<&str>) -> ServerError {
    async_graphql::Error::from(Fault::of(error, request_id)).into_server_error(Pos::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::{parse_query, types::DocumentOperations};

    /// Of a mutation without variables.
    fn fingerprint(document: &str) -> Option<(String, Vec<u8>)> {
        let document = parse_query(document).expect("a document");
        let DocumentOperations::Single(operation) = document.operations else { panic!("one operation") };
        let Selection::Field(field) = &operation.node.selection_set.node.items[0].node else { panic!("a field") };
        let arguments = field
            .node
            .arguments
            .iter()
            .map(|(name, value)| (name.node.clone(), value.node.clone().into_const().expect("no variables")));
        let arguments: Vec<_> = arguments.collect();
        asked(&field.node, &arguments).map(|asked| (asked.key, asked.fingerprint))
    }

    #[test]
    fn the_same_question_has_one_fingerprint_however_it_is_laid_out() {
        let first =
            fingerprint(r#"mutation { m(input: {client_key: "k", id: 1, o: {a: 1, b: 2}}) { status a: message } }"#);
        assert!(first.is_some());
        for same in [
            "mutation {\n m(input: {client_key: \"k\", o: {b: 2, a: 1}, id: 1}) {\n  status\n  a: message\n }\n}",
            r#"mutation { m(input: {id: 1, x: null, client_key: "k", o: {a: 1, b: 2}}) { status a: message } }"#,
        ] {
            assert_eq!(fingerprint(same), first, "{same}");
        }
        for other in [
            r#"mutation { m(input: {client_key: "k", id: 2, o: {a: 1, b: 2}}) { status a: message } }"#,
            r#"mutation { m(input: {client_key: "k", id: 1, o: {a: 2, b: 1}}) { status a: message } }"#,
            r#"mutation { n(input: {client_key: "k", id: 1, o: {a: 1, b: 2}}) { status a: message } }"#,
            r#"mutation { m(input: {client_key: "k", id: 1, o: {a: 1, b: 2}}) { status message } }"#,
            r#"mutation { m(input: {client_key: "k", id: 1, o: {a: 1, b: 2}}) { status } }"#,
        ] {
            assert_ne!(fingerprint(other), first, "{other}");
        }
    }

    #[test]
    fn without_a_key_nothing_is_kept() {
        for document in [
            "mutation { m { a } }",
            "mutation { m(input: {id: 1}) { a } }",
            "mutation { m(input: {client_key: null}) { a } }",
        ] {
            assert_eq!(fingerprint(document), None, "{document}");
        }
    }
}
