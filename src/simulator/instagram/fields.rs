//! The `fields` parameter: `id,caption,children.limit(5){id,media_type}`.
//! `<https://developers.facebook.com/docs/graph-api/guides/field-expansion>`

use super::errors::GraphError;

/// Longer lists are refused; every field there is fits many times over.
const MAX_BYTES: usize = 4096;
const MAX_DEPTH: usize = 4;

/// One asked-for field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub name: String,
    /// `.limit(n)` of an edge.
    pub limit: Option<usize>,
    /// What stands in braces; empty when there are none.
    pub inner: Vec<Field>,
}

/// Parses a list of fields. An empty text is an empty list, which every node answers with its `id` alone.
pub(super) fn parse(text: &str) -> Result<Vec<Field>, GraphError> {
    if text.len() > MAX_BYTES {
        return Err(GraphError::parameter("fields is too long"));
    }
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut reader = Reader { rest: text, text };
    let fields = reader.list(0).ok_or_else(|| reader.syntax_error())?;
    if reader.rest.is_empty() { Ok(fields) } else { Err(reader.syntax_error()) }
}

/// Refuses the whole request for one field that does not exist. Each level is checked against its own list.
pub(super) fn check(fields: &[Field], known: &[&str], node: &str) -> Result<(), GraphError> {
    match fields.iter().find(|field| !known.contains(&field.name.as_str())) {
        Some(field) => Err(GraphError::nonexisting_field(&field.name, node)),
        None => Ok(()),
    }
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Reader<'_> {
    fn list(&mut self, depth: usize) -> Option<Vec<Field>> {
        let mut fields = Vec::new();
        loop {
            fields.push(self.field(depth)?);
            if !self.eat(",") {
                return Some(fields);
            }
        }
    }

    fn field(&mut self, depth: usize) -> Option<Field> {
        let name = self.word(|byte| byte.is_ascii_alphanumeric() || byte == b'_')?;
        let limit = if self.eat(".limit(") {
            let limit = self.word(|byte| byte.is_ascii_digit())?.parse().ok()?;
            self.eat(")").then_some(Some(limit))?
        } else {
            None
        };
        let inner = if self.eat("{") {
            let inner = if depth < MAX_DEPTH { self.list(depth + 1)? } else { return None };
            self.eat("}").then_some(inner)?
        } else {
            Vec::new()
        };
        Some(Field { name, limit, inner })
    }

    fn word(&mut self, fits: impl Fn(u8) -> bool) -> Option<String> {
        self.rest = self.rest.trim_start();
        let length = self.rest.bytes().take_while(|byte| fits(*byte)).count();
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        (length > 0).then(|| word.to_owned())
    }

    fn eat(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn syntax_error(&self) -> GraphError {
        GraphError::syntax(self.text.chars().count() - self.rest.chars().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(name: &str) -> Field {
        Field { name: name.into(), limit: None, inner: Vec::new() }
    }

    #[test]
    fn parses_nested_lists() {
        assert_eq!(parse("").unwrap(), []);
        assert_eq!(parse("id, caption").unwrap(), [plain("id"), plain("caption")]);
        let children = Field { name: "children".into(), limit: Some(2), inner: vec![plain("id"), plain("media_url")] };
        assert_eq!(parse("children.limit(2){id,media_url},id").unwrap(), [children, plain("id")]);
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        let deep = "a{".repeat(2000);
        for text in ["id,", ",id", "children{id", "children{}", "id}", "a.b(1)", "a.limit(x)", "é", deep.as_str()] {
            assert_eq!(parse(text).unwrap_err().code, 2500, "{text}");
        }
        assert_eq!(parse(&"a,".repeat(4000)).unwrap_err().code, 100);
    }
}
