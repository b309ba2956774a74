//! How large a document is once its fragments stand where they are spread. The schema follows spreads without keeping
//! what it has seen: thirty fragments that each spread the next one twice keep it busy for hours, and a chain of some
//! thousand uses the stack up. Both fit into a small request, so they are counted here first.

use async_graphql::{
    Name, Positioned,
    parser::types::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet},
};
use std::collections::HashMap;

/// The largest clients' documents have some dozen.
const MOST_FRAGMENTS: usize = 100;
/// Hasura's join over 500 rows makes some 10,000.
const MOST_SELECTIONS: usize = 20_000;
/// Selections inside selections, through fragments. The schema's own limit is lower.
const MOST_LEVELS: usize = 128;

/// Whether the schema may look at the document.
pub(super) fn is_too_large(document: &ExecutableDocument) -> bool {
    if document.fragments.len() > MOST_FRAGMENTS {
        return true;
    }
    let mut counted = Counted { fragments: &document.fragments, sizes: HashMap::new() };
    let sizes = document.operations.iter().map(|(_, operation)| counted.size(&operation.node.selection_set.node, 0));
    sizes.fold(0, usize::saturating_add) > MOST_SELECTIONS
}

/// The sizes of fragments, each counted once.
struct Counted<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    sizes: HashMap<&'a str, usize>,
}

impl<'a> Counted<'a> {
    /// Selections of `set` with everything inside; `usize::MAX` when it is too deep to tell.
    fn size(&mut self, set: &'a SelectionSet, level: usize) -> usize {
        if level > MOST_LEVELS {
            return usize::MAX;
        }
        let inside = set.items.iter().map(|selection| match &selection.node {
            Selection::Field(field) => self.size(&field.node.selection_set.node, level + 1),
            Selection::InlineFragment(inline) => self.size(&inline.node.selection_set.node, level + 1),
            Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, level + 1),
        });
        inside.fold(set.items.len(), usize::saturating_add)
    }

    fn fragment(&mut self, name: &'a Name, level: usize) -> usize {
        if let Some(size) = self.sizes.get(name.as_str()) {
            return *size;
        }
        let Some(fragment) = self.fragments.get(name) else { return 0 };
        // While it is being counted: a fragment inside itself adds nothing here, and the schema refuses it.
        self.sizes.insert(name.as_str(), 0);
        let size = self.size(&fragment.node.selection_set.node, level);
        self.sizes.insert(name.as_str(), size);
        size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuses(query: &str) -> bool {
        is_too_large(&async_graphql::parser::parse_query(query).expect("a document"))
    }

    /// `count` fragments that spread the next one `times`, behind an operation that begins with `start`.
    fn chain(count: usize, times: usize, start: &str) -> String {
        let body = |at: usize| format!("...f{} ", at + 1).repeat(times);
        let chain: String = (0..count).map(|at| format!("fragment f{at} on Q{{{}}}", body(at))).collect();
        format!("{{{start}}}{chain}fragment f{count} on Q{{a}}")
    }

    #[test]
    fn what_fragments_multiply_is_counted() {
        assert!(!refuses(&chain(10, 2, "...f0")), "2,048 fields");
        assert!(refuses(&chain(14, 2, "...f0")), "more than 20,000");
        assert!(refuses(&chain(99, 2, "...f0")), "more than there are numbers");
        assert!(!refuses(&chain(99, 2, "a")), "never spread");
        assert!(refuses(&chain(100, 1, "a")), "too many to follow");
        assert!(!refuses("{...a} fragment a on Q{...b ...b} fragment b on Q{...a ...a}"), "the schema's to refuse");
        assert!(!refuses(&format!("{{{}}}", (0..500).map(|at| format!("f{at}:a{{b c{{d}}}}")).collect::<String>())));
        assert!(refuses(&format!("{{{}}}", "a ".repeat(20_001))));
    }
}
