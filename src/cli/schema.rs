//! `schema`.

use super::Fault;
use crate::graphql::{
    self,
    permission::{ROLES, permission},
};

/// Prints the schema as SDL, as the answer to the introspection query, or as a role may see it through Hasura.
pub fn schema(introspection: bool, role: Option<&str>) -> Result<(), Fault> {
    let text = match role {
        Some(role) if ROLES.contains(&role) => permission(),
        Some(role) => {
            return Err(Fault::usage(format!("role {role} sees nothing of the schema; {} do", ROLES.join(" and "))));
        }
        None if introspection => graphql::introspection(),
        None => graphql::sdl(),
    };
    print!("{text}");
    Ok(())
}
