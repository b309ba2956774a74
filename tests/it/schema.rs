//! The committed schema is the code's.

use nchat_social::graphql;
use std::{fs, path::Path};

fn committed(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}; run make schema", path.display()))
}

#[test]
fn the_committed_sdl_is_the_codes() {
    assert!(committed("social.graphql") == graphql::sdl(), "schema/social.graphql is stale: run make schema");
}

#[test]
fn the_committed_introspection_is_the_codes() {
    assert!(
        committed("introspection.json") == graphql::introspection(),
        "schema/introspection.json is stale: run make schema"
    );
}
