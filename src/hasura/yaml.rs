//! JSON values as the YAML that Hasura's command line tool writes: two blanks a level, lists indented, keys in its order.

use serde_json::{Map, Value};

/// Keys that come first, in this order; all others follow by name.
const FIRST: [&str; 22] = [
    "role",
    "type_name",
    "column",
    "table",
    "name",
    "kind",
    "schema",
    "version",
    "definition",
    "comment",
    "configuration",
    "connection_info",
    "url_from_env",
    "object_relationships",
    "array_relationships",
    "remote_relationships",
    "insert_permissions",
    "select_permissions",
    "update_permissions",
    "delete_permissions",
    "columns",
    "permission",
];

/// `value` as the text of a file.
pub fn file(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => mapping(&mut text, map, 0, true),
        Value::Array(list) if !list.is_empty() => sequence(&mut text, list, 0),
        other => text = scalar(other, 0) + "\n",
    }
    text
}

/// Writes a mapping; the first key stands where the text is unless it `starts_lines`.
fn mapping(text: &mut String, map: &Map<String, Value>, indent: usize, starts_lines: bool) {
    let mut keys: Vec<&String> = map.keys().collect();
    keys.sort_by_key(|key| (FIRST.iter().position(|first| first == key).unwrap_or(FIRST.len()), key.as_str()));
    for (at, key) in keys.into_iter().enumerate() {
        if at > 0 || starts_lines {
            *text += &" ".repeat(indent);
        }
        *text += &scalar(&Value::from(key.as_str()), indent);
        *text += ":";
        match &map[key] {
            Value::Object(inner) if !inner.is_empty() => {
                *text += "\n";
                mapping(text, inner, indent + 2, true);
            }
            Value::Array(inner) if !inner.is_empty() => {
                *text += "\n";
                sequence(text, inner, indent + 2);
            }
            other => *text += &format!(" {}\n", scalar(other, indent + 2)),
        }
    }
}

fn sequence(text: &mut String, list: &[Value], indent: usize) {
    for value in list {
        *text += &format!("{}- ", " ".repeat(indent));
        match value {
            Value::Object(inner) if !inner.is_empty() => mapping(text, inner, indent + 2, false),
            Value::Array(inner) if !inner.is_empty() => {
                text.truncate(text.len() - 1);
                *text += "\n";
                sequence(text, inner, indent + 2);
            }
            other => *text += &format!("{}\n", scalar(other, indent + 2)),
        }
    }
}

/// A value without children. A text of several lines is a literal block whose lines stand at `indent`.
fn scalar(value: &Value, indent: usize) -> String {
    match value {
        Value::String(text) if is_block(text) => {
            let lines = text.lines().map(|line| match line {
                "" => String::new(),
                line => format!("{}{line}", " ".repeat(indent)),
            });
            format!("|\n{}", lines.collect::<Vec<_>>().join("\n"))
        }
        Value::String(text) if is_plain(text) => text.clone(),
        // JSON's strings, numbers and empty collections are YAML's.
        other => other.to_string(),
    }
}

/// Several lines, the last of which ends, and nothing that a block could not hold.
fn is_block(text: &str) -> bool {
    text.len() > 1
        && text.ends_with('\n')
        && !text.ends_with("\n\n")
        && !text.starts_with([' ', '\n'])
        && !text.chars().any(|c| c.is_control() && c != '\n')
}

/// Whether the text stands for itself without quotes. Narrow: what it lets through nobody reads as anything else.
fn is_plain(text: &str) -> bool {
    let is_word = |text: &str| {
        !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_ascii_lowercase().as_str())
    };
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./ ".contains(c))
        && !text.ends_with(' ')
        && is_word(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_looks_as_hasuras_tool_writes_it() {
        let value = json!({
            "select_permissions": [{"permission": {"filter": {}, "columns": ["id", "name"], "limit": 500}, "role": "user"}],
            "table": {"schema": "public", "name": "posts"},
            "none": [],
        });
        let text = "table:\n  name: posts\n  schema: public\nselect_permissions:\n  - role: user\n    permission:\n      \
                    columns:\n        - id\n        - name\n      filter: {}\n      limit: 500\nnone: []\n";
        assert_eq!(file(&value), text);
        assert_eq!(file(&json!(["!include a.yaml"])), "- \"!include a.yaml\"\n");
        assert_eq!(file(&json!([])), "[]\n");
        assert_eq!(file(&json!([["a", "b"]])), "-\n  - a\n  - b\n");
    }

    #[test]
    fn what_could_be_read_as_something_else_is_quoted() {
        for text in
            ["true", "No", "y", "1", "*", "$", "", " a", "a: b", "a #b", "{{URL}}", "a'b", "é", "~", "-", "a\tb"]
        {
            assert_eq!(scalar(&json!(text), 0), json!(text).to_string(), "{text:?}");
        }
        for text in
            ["X-Hasura-User-Id", "public_nchat.yaml", "read-committed", "for people, too".split(',').next().unwrap()]
        {
            assert_eq!(scalar(&json!(text), 0), text);
        }
        assert_eq!(
            file(&json!({"schema": "type A {\n  a: Int\n}\n\nscalar b\n"})),
            "schema: |\n  type A {\n    a: Int\n  }\n\n  scalar b\n"
        );
        assert_eq!(file(&json!({"a": "b\n\n"})), "a: \"b\\n\\n\"\n");
    }
}
