//! A stand-in for a running Hasura: it holds metadata, records what it is asked, changes its metadata by single calls as
//! Hasura does, and answers in Hasura's shapes and words, its refusals included.

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use nchat_social::graphql::permission::permission;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
};

pub const ADMIN_SECRET: &str = "canary-admin-secret";

/// What it holds.
#[derive(Debug)]
pub struct World {
    pub metadata: Value,
    pub version: u64,
    /// Every call's type in order; those of a bulk one by one.
    pub calls: Vec<String>,
    /// Permissions of remote schemas are switched on.
    pub remote_permissions: bool,
    /// What it cannot use.
    pub inconsistent: Vec<Value>,
    /// The remote schema as the service has it.
    pub serves: String,
    /// The remote schema as it was last read, by which permissions are checked.
    pub read: String,
    /// It answers the next call of this type so, once.
    pub refusal: Option<(&'static str, StatusCode, Value)>,
    /// Somebody else changes something before the next bulk.
    pub somebody_is_faster: bool,
}

/// The stand-in, serving on a port of its own.
#[derive(Clone)]
pub struct StandIn {
    world: Arc<Mutex<World>>,
    pub endpoint: String,
}

impl StandIn {
    pub async fn start(metadata: Value) -> Self {
        let world = World {
            metadata,
            version: 7,
            calls: Vec::new(),
            remote_permissions: true,
            inconsistent: Vec::new(),
            serves: permission(),
            read: permission(),
            refusal: None,
            somebody_is_faster: false,
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let stand_in = Self { world: Arc::new(Mutex::new(world)), endpoint };
        let router = Router::new()
            .route("/v1/metadata", post(answer))
            .route("/v1alpha1/config", get(config))
            .with_state(stand_in.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        stand_in
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("the world")
    }

    /// What it was asked since the last time.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.world().calls)
    }
}

/// Hasura's form of a refusal.
fn refused(status: StatusCode, path: &str, code: &str, error: &str) -> (StatusCode, Value) {
    (status, json!({"path": path, "error": error, "code": code}))
}

fn is_admin(headers: &HeaderMap) -> Result<(), (StatusCode, Value)> {
    match headers.get("x-hasura-admin-secret") {
        Some(secret) if secret == ADMIN_SECRET => Ok(()),
        _ => Err(refused(
            StatusCode::UNAUTHORIZED,
            "$",
            "access-denied",
            "invalid \"x-hasura-admin-secret\"/\"x-hasura-access-key\"",
        )),
    }
}

async fn config(State(stand_in): State<StandIn>, headers: HeaderMap) -> Response {
    if let Err((status, body)) = is_admin(&headers) {
        return (status, Json(body)).into_response();
    }
    let on = stand_in.world().remote_permissions;
    Json(json!({"version": "v2.44.0", "is_admin_secret_set": true, "is_remote_schema_permissions_enabled": on}))
        .into_response()
}

async fn answer(State(stand_in): State<StandIn>, headers: HeaderMap, body: Bytes) -> Response {
    let answered = is_admin(&headers).and_then(|()| {
        let call: Value = serde_json::from_slice(&body).expect("JSON");
        stand_in.world().call(&call)
    });
    match answered {
        Ok(body) => Json(body).into_response(),
        Err((status, body)) => (status, Json(body)).into_response(),
    }
}

impl World {
    fn call(&mut self, call: &Value) -> Result<Value, (StatusCode, Value)> {
        let kind = call["type"].as_str().expect("a type").to_owned();
        if kind != "bulk" {
            self.calls.push(kind.clone());
        }
        if let Some((of, status, body)) = self.refusal.clone().filter(|(of, ..)| *of == kind) {
            self.refusal = None;
            assert_eq!(of, kind);
            return Err((status, body));
        }
        match kind.as_str() {
            "export_metadata" => {
                assert_eq!(call["version"], 2);
                Ok(json!({"resource_version": self.version, "metadata": in_its_words(&self.metadata)}))
            }
            "get_inconsistent_metadata" => {
                Ok(json!({"is_consistent": self.inconsistent.is_empty(), "inconsistent_objects": self.inconsistent}))
            }
            "reload_remote_schema" => {
                let found = find(&mut self.metadata["remote_schemas"], "name", &call["args"]["name"]);
                if found.is_none() {
                    let error = "remote schema with name \"nchat_social\" does not exist";
                    return Err(refused(StatusCode::BAD_REQUEST, "$.args", "not-exists", error));
                }
                // It counts as a change.
                self.version += 1;
                self.read = self.serves.clone();
                Ok(json!({"message": "success"}))
            }
            "bulk" => self.bulk(call),
            other => panic!("{other} is not called by itself"),
        }
    }

    /// All or nothing, and only on the version that was read.
    fn bulk(&mut self, call: &Value) -> Result<Value, (StatusCode, Value)> {
        if std::mem::take(&mut self.somebody_is_faster) {
            self.version += 1;
        }
        if call["resource_version"] != self.version {
            let error = format!(
                "metadata resource version referenced ({}) did not match current version",
                call["resource_version"]
            );
            return Err(refused(StatusCode::CONFLICT, "$", "conflict", &error));
        }
        let before = self.metadata.clone();
        let calls = call["args"].as_array().expect("calls");
        for (at, one) in calls.iter().enumerate() {
            let kind = one["type"].as_str().expect("a type").to_owned();
            self.calls.push(kind.clone());
            let planned = self.refusal.take_if(|(of, ..)| *of == kind).map(|(_, status, body)| (status, body));
            if let Some((status, mut body)) = planned.or_else(|| self.change(&kind, &one["args"]).err()) {
                self.metadata = before;
                body["path"] = json!(format!("$.args[{at}].args"));
                return Err((status, body));
            }
        }
        self.version += 1;
        Ok(json!(vec![json!({"message": "success"}); calls.len()]))
    }

    /// One call on the metadata.
    fn change(&mut self, kind: &str, args: &Value) -> Result<(), (StatusCode, Value)> {
        let exists =
            |what: &str| refused(StatusCode::BAD_REQUEST, "$", "already-exists", &format!("{what} already exists"));
        let missing =
            |what: &str| refused(StatusCode::BAD_REQUEST, "$", "not-exists", &format!("{what} does not exist"));
        if let Some(rest) = kind.strip_prefix("pg_") {
            assert_eq!(args["source"], "default");
            let tables = &mut self.metadata["sources"][0]["tables"];
            if rest == "track_table" {
                if find(tables, "table", &args["table"]).is_some() {
                    return Err(refused(StatusCode::BAD_REQUEST, "$", "already-tracked", "view/table already tracked"));
                }
                tables.as_array_mut().expect("tables").push(json!({"table": args["table"]}));
                return Ok(());
            }
            let table = find(tables, "table", &args["table"]).ok_or_else(|| missing("table"))?;
            let kinds = ["object_relationships", "array_relationships"];
            return match rest {
                "create_object_relationship" => {
                    add(table, kinds[0], "name", args, &["name", "using"]).ok_or_else(|| exists("field"))
                }
                "create_array_relationship" => {
                    add(table, kinds[1], "name", args, &["name", "using"]).ok_or_else(|| exists("field"))
                }
                "drop_relationship" => {
                    let dropped = kinds.map(|kind| remove(table, kind, "name", &args["relationship"]));
                    dropped.into_iter().flatten().next().ok_or_else(|| missing("relationship"))
                }
                "create_remote_relationship" => {
                    add(table, "remote_relationships", "name", args, &["name", "definition"])
                        .ok_or_else(|| exists("field"))
                }
                "delete_remote_relationship" => {
                    remove(table, "remote_relationships", "name", &args["name"]).ok_or_else(|| missing("relationship"))
                }
                other => {
                    let (verb, operation) =
                        other.strip_suffix("_permission").and_then(|of| of.split_once('_')).expect("a permission");
                    let list = format!("{operation}_permissions");
                    match verb {
                        "create" => {
                            add(table, &list, "role", args, &["role", "permission"]).ok_or_else(|| exists("permission"))
                        }
                        _ => remove(table, &list, "role", &args["role"]).ok_or_else(|| missing("permission")),
                    }
                }
            };
        }
        if kind == "add_remote_schema" {
            self.read = self.serves.clone();
            return add(&mut self.metadata, "remote_schemas", "name", args, &["name", "definition", "comment"])
                .ok_or_else(|| exists("remote schema"));
        }
        if kind == "add_remote_schema_permissions" && !self.remote_permissions {
            let error = "remote schema permissions can only be added when remote schema permissions are enabled in the graphql-engine";
            return Err(refused(StatusCode::BAD_REQUEST, "$", "constraint-violation", error));
        }
        if kind == "remove_remote_schema" {
            let tables = &self.metadata["sources"][0]["tables"];
            if tables
                .as_array()
                .into_iter()
                .flatten()
                .any(|of| of["remote_relationships"].to_string().contains("nchat_social"))
            {
                let error = "cannot drop due to the following dependent objects : remote relationship";
                return Err(refused(StatusCode::BAD_REQUEST, "$", "dependency-error", error));
            }
            return remove(&mut self.metadata, "remote_schemas", "name", &args["name"])
                .ok_or_else(|| missing("remote schema"));
        }
        let unknown = args["definition"]["schema"].as_str().and_then(|wanted| unknown(wanted, &self.read));
        if let Some(word) = unknown {
            let error = format!("validation for the given role-based schema failed for the following reasons: {word}");
            return Err(refused(StatusCode::BAD_REQUEST, "$", "validation-failed", &error));
        }
        let name = if args["remote_schema"].is_null() { &args["name"] } else { &args["remote_schema"] };
        let schema =
            find(&mut self.metadata["remote_schemas"], "name", name).ok_or_else(|| missing("remote schema"))?;
        match kind {
            "update_remote_schema" => {
                self.read.clone_from(&self.serves);
                schema["definition"] = args["definition"].clone();
                schema["remote_relationships"] = json!([]);
                Ok(())
            }
            "add_remote_schema_permissions" => {
                add(schema, "permissions", "role", args, &["role", "definition"]).ok_or_else(|| exists("permissions"))
            }
            "drop_remote_schema_permissions" => {
                remove(schema, "permissions", "role", &args["role"]).ok_or_else(|| missing("permissions"))
            }
            "create_remote_schema_remote_relationship" => {
                let list = "remote_relationships";
                if !schema[list].is_array() {
                    schema[list] = json!([]);
                }
                if find(&mut schema[list], "type_name", &args["type_name"]).is_none() {
                    let of_type = json!({"type_name": args["type_name"], "relationships": []});
                    schema[list].as_array_mut().expect("a list").push(of_type);
                }
                let of_type = find(&mut schema[list], "type_name", &args["type_name"]).expect("it was added");
                add(of_type, "relationships", "name", args, &["name", "definition"])
                    .ok_or_else(|| exists("relationship"))
            }
            other => panic!("{other} is not understood here"),
        }
    }
}

/// A word of a permission's schema that the schema itself does not have.
fn unknown<'a>(wanted: &'a str, known: &str) -> Option<&'a str> {
    let known: BTreeSet<&str> = known.split_whitespace().collect();
    wanted.split_whitespace().find(|word| !known.contains(word))
}

fn find<'a>(list: &'a mut Value, by: &str, value: &Value) -> Option<&'a mut Value> {
    let name = |of: &Value| of["name"].as_str().map_or_else(|| of.clone(), |name| json!(name));
    list.as_array_mut()?.iter_mut().find(|of| name(&of[by]) == name(value))
}

/// Adds an element with some of `args`; `None` when one of that name is there.
fn add(of: &mut Value, list: &str, by: &str, args: &Value, keys: &[&str]) -> Option<()> {
    if !of[list].is_array() {
        of[list] = json!([]);
    }
    if find(&mut of[list], by, &args[by]).is_some() {
        return None;
    }
    let element: Value =
        keys.iter().map(|key| ((*key).to_owned(), args[*key].clone())).collect::<serde_json::Map<_, _>>().into();
    of[list].as_array_mut()?.push(element);
    Some(())
}

fn remove(of: &mut Value, list: &str, by: &str, value: &Value) -> Option<()> {
    let elements = of[list].as_array_mut()?;
    let before = elements.len();
    elements.retain(|element| element[by] != *value);
    (elements.len() < before).then_some(())
}

/// Hasura's export leaves defaults out and prints permissions of remote schemas in its own way: types and fields sorted,
/// several fields on a line.
fn in_its_words(metadata: &Value) -> Value {
    let mut metadata = metadata.clone();
    for schema in metadata["remote_schemas"].as_array_mut().into_iter().flatten() {
        if let Some(definition) = schema["definition"].as_object_mut() {
            definition.retain(|_, value| *value != json!(false));
        }
        for permission in schema["permissions"].as_array_mut().into_iter().flatten() {
            let text = permission["definition"]["schema"].as_str().expect("a text").replace("\n  ", "  ");
            permission["definition"]["schema"] = json!(text);
        }
    }
    metadata
}
