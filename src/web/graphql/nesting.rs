//! How deep a document is nested, counted before anything else reads it. The schema's limits count fields only; lists and
//! objects in arguments pass the parser some hundred levels deep, and validation, which calls itself once a level, then
//! uses the stack up and ends the process.

/// Hasura's introspection has 16 levels; values in arguments add a few.
const MOST_LEVELS: usize = 128;

/// Whether brackets are nested deeper than any honest document's. Strings and comments are skipped as the lexer does.
pub(super) fn is_too_deep(document: &str) -> bool {
    let mut levels = 0_usize;
    let mut rest = document.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'{' | b'[' | b'(' => {
                levels += 1;
                if levels > MOST_LEVELS {
                    return true;
                }
            }
            b'}' | b']' | b')' => levels = levels.saturating_sub(1),
            b'#' => rest = &rest[rest.iter().position(|&byte| byte == b'\n' || byte == b'\r').unwrap_or(rest.len())..],
            b'"' => rest = after_string(rest),
            _ => {}
        }
    }
    false
}

/// What follows a string whose opening quote is behind.
fn after_string(text: &[u8]) -> &[u8] {
    if let Some(block) = text.strip_prefix(b"\"\"") {
        let mut at = 0;
        while at < block.len() {
            match &block[at..] {
                [b'\\', b'"', b'"', b'"', ..] => at += 4,
                [b'"', b'"', b'"', rest @ ..] => return rest,
                _ => at += 1,
            }
        }
        return &[];
    }
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 2,
            // A line's end ends an unfinished string, so that brackets behind it count.
            b'"' | b'\n' | b'\r' => return &text[at + 1..],
            _ => at += 1,
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_brackets_outside_strings_and_comments_count() {
        let deep = "[".repeat(200);
        for document in [
            "{a{".repeat(65),
            format!("{{a(b:{deep}"),
            format!("\"{{\n{deep}"),
            format!("# {{ \"\n{deep}"),
            format!("\"\\\"\" {deep}"),
            format!("\"\"\" x \\\"\"\" \"\"\" {deep}"),
            format!("\"\" {deep}"),
        ] {
            assert!(is_too_deep(&document), "{document}");
        }
        for document in [
            "{a}".repeat(1000),
            format!("{{a(b:\"{deep}\")}}"),
            format!("{{a(b:\"\\\"{deep}\")}}"),
            format!("{{a(b:\"\"\"\n{deep}\\\"\"\"{deep}\"\"\")}}"),
            format!("# {deep}\n{{a}}"),
            "\"\\".into(),
            "\"\"\"".into(),
        ] {
            assert!(!is_too_deep(&document), "{document}");
        }
    }
}
