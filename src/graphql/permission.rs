//! What Hasura lets a role see of the schema, in Hasura's form: the whole of it but for what only this service itself
//! uses, and but for subscriptions, which Hasura does not forward. Who may do what is decided here again on each request.
//! `<https://hasura.io/docs/2.0/remote-schemas/auth/remote-schema-permissions/>`

mod fits;

pub use fits::{declarations, misfits};

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    sync::LazyLock,
};

/// Hasura's roles that may use the schema: `owner` is nchat's for who runs a workspace; as `user` its browsers ask,
/// whoever sits before them.
pub const ROLES: [&str; 2] = ["owner", "user"];

/// The roots that Hasura forwards.
const ROOTS: [&str; 2] = ["Query", "Mutation"];

/// GraphQL's own, which must not be declared again.
const BUILT_IN: [&str; 5] = ["Boolean", "Float", "ID", "Int", "String"];

/// The permission of any of [`ROLES`], in the schema language and without a directive, since Hasura takes none but its own.
pub fn permission() -> String {
    let types = types();
    let used = reachable(types);
    let mut sdl = String::from("schema {\n  query: Query\n  mutation: Mutation\n}\n");
    for of in types.iter().filter(|of| used.contains(text(of, "name"))) {
        sdl += "\n";
        describe(&mut sdl, "", of);
        let name = text(of, "name");
        match text(of, "kind") {
            "SCALAR" => line(&mut sdl, format_args!("scalar {name}")),
            "ENUM" => {
                line(&mut sdl, format_args!("enum {name} {{"));
                for value in list(of, "enumValues") {
                    describe(&mut sdl, "  ", value);
                    line(&mut sdl, format_args!("  {}", text(value, "name")));
                }
                sdl += "}\n";
            }
            "INPUT_OBJECT" => {
                line(&mut sdl, format_args!("input {name} {{"));
                list(of, "inputFields").iter().for_each(|input| write_input(&mut sdl, "  ", input));
                sdl += "}\n";
            }
            _ => {
                line(&mut sdl, format_args!("type {name} {{"));
                list(of, "fields").iter().for_each(|field| write_field(&mut sdl, field));
                sdl += "}\n";
            }
        }
    }
    sdl
}

/// The query fields, and the arguments of each with their types.
pub fn query_arguments() -> BTreeMap<String, BTreeMap<String, String>> {
    let types = types();
    let query = types.iter().find(|of| text(of, "name") == ROOTS[0]);
    let fields = query.map_or(&[] as &[Value], |query| list(query, "fields")).iter();
    fields.map(|field| (text(field, "name").to_owned(), typed(list(field, "args")))).collect()
}

/// The fields of a type, with their types; none when there is no such type.
pub fn fields_of(name: &str) -> BTreeMap<String, String> {
    types().iter().find(|of| text(of, "name") == name).map(|of| typed(list(of, "fields"))).unwrap_or_default()
}

fn typed(parts: &[Value]) -> BTreeMap<String, String> {
    parts.iter().map(|part| (text(part, "name").to_owned(), reference(&part["type"]))).collect()
}

/// The types that everybody but this service itself sees.
fn types() -> &'static [Value] {
    static TYPES: LazyLock<Vec<Value>> = LazyLock::new(|| {
        let introspection: Value = serde_json::from_str(&super::introspection()).unwrap_or_default();
        list(&introspection["__schema"], "types").to_vec()
    });
    &TYPES
}

/// The names of the types that the roots lead to.
fn reachable(types: &[Value]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<String> = ROOTS.map(str::to_owned).to_vec();
    while let Some(name) = open.pop() {
        if BUILT_IN.contains(&name.as_str()) || !found.insert(name.clone()) {
            continue;
        }
        let Some(of) = types.iter().find(|of| text(of, "name") == name) else { continue };
        for field in list(of, "fields").iter().chain(list(of, "inputFields")) {
            open.push(named(&field["type"]).to_owned());
            open.extend(list(field, "args").iter().map(|arg| named(&arg["type"]).to_owned()));
        }
    }
    found
}

fn write_field(sdl: &mut String, field: &Value) {
    describe(sdl, "  ", field);
    let (name, of, args) = (text(field, "name"), reference(&field["type"]), list(field, "args"));
    if args.is_empty() {
        return line(sdl, format_args!("  {name}: {of}"));
    }
    line(sdl, format_args!("  {name}("));
    args.iter().for_each(|arg| write_input(sdl, "    ", arg));
    line(sdl, format_args!("  ): {of}"));
}

fn write_input(sdl: &mut String, indent: &str, input: &Value) {
    describe(sdl, indent, input);
    let default = input["defaultValue"].as_str().map(|value| format!(" = {value}")).unwrap_or_default();
    line(sdl, format_args!("{indent}{}: {}{default}", text(input, "name"), reference(&input["type"])));
}

fn describe(sdl: &mut String, indent: &str, of: &Value) {
    let description = text(of, "description").trim();
    if description.contains('\n') {
        line(sdl, format_args!("{indent}\"\"\""));
        description.lines().for_each(|text| line(sdl, format_args!("{}", format!("{indent}{text}").trim_end())));
        line(sdl, format_args!("{indent}\"\"\""));
    } else if !description.is_empty() {
        // JSON's escapes are GraphQL's.
        line(sdl, format_args!("{indent}{}", Value::from(description)));
    }
}

fn line(sdl: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = writeln!(sdl, "{line}");
}

/// A type as the schema language writes it.
fn reference(of: &Value) -> String {
    match text(of, "kind") {
        "NON_NULL" => format!("{}!", reference(&of["ofType"])),
        "LIST" => format!("[{}]", reference(&of["ofType"])),
        _ => text(of, "name").to_owned(),
    }
}

/// The type inside lists and `!`.
fn named(of: &Value) -> &str {
    match text(of, "kind") {
        "NON_NULL" | "LIST" => named(&of["ofType"]),
        _ => text(of, "name"),
    }
}

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key].as_str().unwrap_or_default()
}

fn list<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of[key].as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests;
