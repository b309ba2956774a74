//! `schema`.

use super::Fault;
use crate::graphql;

/// Prints the schema as SDL or as the answer to the introspection query.
pub fn schema(introspection: bool) -> Result<(), Fault> {
    print!("{}", if introspection { graphql::introspection() } else { graphql::sdl() });
    Ok(())
}
