//! How large a document is, before anything follows its fragments: each fragment is measured once, so a small text that
//! unfolds to billions of fields is seen for what it is. Pure.

use async_graphql::{
    Name, Positioned,
    parser::types::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet},
};
use std::collections::HashMap;

/// Fragments and fields may nest so deep in the text; the library allows no more either.
pub const MAX_NESTING: usize = 32;

/// A document's size, its fragments unfolded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Root fields, over all operations.
    pub roots: usize,
    /// Fields, over all operations.
    pub fields: usize,
    /// The deepest field; introspection does not count.
    pub depth: usize,
    /// About how many values introspection would answer.
    pub introspection: usize,
}

/// Why a document cannot be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmeasurable {
    /// It nests deeper than [`MAX_NESTING`].
    TooDeep,
    /// A fragment contains itself.
    Cycle,
}

/// Measures `document`.
///
/// # Errors
/// [`Unmeasurable`].
pub fn measure(document: &ExecutableDocument) -> Result<Measure, Unmeasurable> {
    let mut ruler = Ruler { fragments: &document.fragments, known: HashMap::new() };
    let mut all = Measure::default();
    for (_, operation) in document.operations.iter() {
        let size = ruler.selections(&operation.node.selection_set.node, 0, true)?;
        all.roots = all.roots.saturating_add(size.roots);
        all.fields = all.fields.saturating_add(size.fields);
        all.depth = all.depth.max(size.depth);
        all.introspection = all.introspection.saturating_add(size.introspection);
    }
    // Validation follows those that nothing spreads as well.
    for name in document.fragments.keys() {
        ruler.fragment(name, 1, false)?;
    }
    Ok(all)
}

/// About how many entries a list of the introspection has.
fn entries(field: &str) -> usize {
    match field {
        "types" => 80,
        "fields" | "inputFields" => 12,
        "enumValues" | "directives" => 5,
        "args" => 3,
        _ => 1,
    }
}

/// The size of a selection set.
#[derive(Clone, Copy, Default)]
struct Size {
    /// Fields directly in it; the root fields, if it is an operation's.
    roots: usize,
    fields: usize,
    /// Without introspection below the roots.
    depth: usize,
    /// Values, if all of it were introspection; below roots: what of it is.
    introspection: usize,
    /// How much deeper the text nests.
    nesting: usize,
}

struct Ruler<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// `None` while it is being measured.
    known: HashMap<(&'a str, bool), Option<Size>>,
}

impl<'a> Ruler<'a> {
    fn selections(&mut self, set: &'a SelectionSet, nesting: usize, at_root: bool) -> Result<Size, Unmeasurable> {
        if nesting > MAX_NESTING {
            return Err(Unmeasurable::TooDeep);
        }
        let mut all = Size::default();
        for selection in &set.items {
            let size = match &selection.node {
                Selection::Field(field) => {
                    let below = self.selections(&field.node.selection_set.node, nesting + 1, false)?;
                    let name = field.node.name.node.as_str();
                    let values = below.introspection.saturating_mul(entries(name)).saturating_add(1);
                    let is_introspection = name.starts_with("__");
                    Size {
                        roots: 1,
                        fields: below.fields.saturating_add(1),
                        depth: if at_root && is_introspection { 0 } else { below.depth + 1 },
                        introspection: if at_root && !is_introspection { 0 } else { values },
                        nesting: below.nesting,
                    }
                }
                Selection::InlineFragment(inline) => {
                    self.selections(&inline.node.selection_set.node, nesting + 1, at_root)?
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, nesting + 1, at_root)?
                }
            };
            all.roots = all.roots.saturating_add(size.roots);
            all.fields = all.fields.saturating_add(size.fields);
            all.depth = all.depth.max(size.depth);
            all.introspection = all.introspection.saturating_add(size.introspection);
            all.nesting = all.nesting.max(size.nesting + 1);
        }
        Ok(all)
    }

    fn fragment(&mut self, name: &'a str, nesting: usize, at_root: bool) -> Result<Size, Unmeasurable> {
        match self.known.get(&(name, at_root)) {
            Some(Some(size)) if nesting + size.nesting > MAX_NESTING => return Err(Unmeasurable::TooDeep),
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(Unmeasurable::Cycle),
            None => {}
        }
        // Unknown fragments are named by the validation.
        let Some(fragment) = self.fragments.get(name) else { return Ok(Size::default()) };
        self.known.insert((name, at_root), None);
        let size = self.selections(&fragment.node.selection_set.node, nesting, at_root)?;
        self.known.insert((name, at_root), Some(size));
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use std::fmt::Write;

    fn of(query: &str) -> Result<Measure, Unmeasurable> {
        measure(&parse_query(query).unwrap())
    }

    #[test]
    fn fields_roots_and_depth_are_counted_through_fragments() {
        let measured =
            of("query { ...R x: a { b { c } } } fragment R on Query { a { ...A } d } fragment A on A { b e }");
        assert_eq!(measured, Ok(Measure { roots: 3, fields: 7, depth: 3, introspection: 0 }));
        assert_eq!(of("{ __typename }").map(|m| (m.roots, m.depth, m.introspection)), Ok((1, 0, 1)));
    }

    #[test]
    fn a_small_text_that_unfolds_to_billions_is_measured_at_once() {
        let mut query = String::from("{ ...F0 } fragment F29 on Query { a }");
        for i in 0..29 {
            write!(query, " fragment F{i} on Query {{ ...F{} ...F{} }}", i + 1, i + 1).unwrap();
        }
        assert_eq!(of(&query).map(|m| m.fields), Ok(1 << 29));
    }

    #[test]
    fn cycles_and_towers_are_refused() {
        assert_eq!(
            of("{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A }"),
            Err(Unmeasurable::Cycle)
        );
        let tower = format!("{}{}", "{ a ".repeat(40), "}".repeat(40));
        assert_eq!(of(&tower), Err(Unmeasurable::TooDeep));
        let mut chain = String::from("{ ...F0 }");
        for i in 0..5_000 {
            write!(chain, " fragment F{i} on Query {{ ...F{} }}", i + 1).unwrap();
        }
        assert_eq!(of(&chain), Err(Unmeasurable::TooDeep));
        // Nor do they get by where nothing spreads them, or one short piece after another.
        let chain = chain.trim_start_matches("{ ...F0 }");
        assert_eq!(of(&format!("{{ a }} {chain}")), Err(Unmeasurable::TooDeep));
        let pieces: String = (0..250).rev().map(|i| format!("...F{} ", i * 20)).collect();
        assert_eq!(of(&format!("{{ {pieces} }} {chain}")), Err(Unmeasurable::TooDeep));
    }

    #[test]
    fn introspection_that_multiplies_weighs_what_it_answers() {
        let plain = of("{ __schema { types { name fields { name type { name } } } } }").unwrap();
        assert_eq!(plain.introspection, 1 + 1 + 80 * (1 + 1 + 12 * (1 + 2)));
        let nested = of("{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }");
        assert!(nested.unwrap().introspection > 80 * 12 * 12 * 12);
    }
}
