use super::*;
use async_graphql::parser::parse_schema;

#[test]
fn the_permission_is_a_part_of_the_schema_that_hasura_takes() {
    let sdl = permission();
    assert_eq!(misfits(&sdl), Vec::<String>::new());
    assert!(!sdl.contains(" @") && !sdl.contains("directive"), "no directive, nothing deprecated");
    for hidden in ["socialImportPosts", "SocialImportPostsInput", "SocialPostInput", "Subscription", "scalar String"] {
        assert!(!sdl.contains(hidden), "{hidden}");
    }
    for shown in ["socialAccount(", "socialTriggerImport(", "scalar uuid", "enum SocialPlatform {"] {
        assert!(sdl.contains(shown), "{shown}");
    }
    assert!(parse_schema(&sdl).is_ok());
}

#[test]
fn every_visible_root_field_is_in_it() {
    let sdl = permission();
    for of in types().iter().filter(|of| ROOTS.contains(&text(of, "name"))) {
        for field in list(of, "fields") {
            assert!(sdl.contains(&format!("\n  {}", text(field, "name"))), "{}", text(field, "name"));
        }
    }
}

/// What Hasura would refuse is found beforehand, each for its own reason.
#[test]
fn misfits_are_named() {
    let sdl = permission();
    let cases = [
        ("  post_id: uuid!", "  post_id: String!", "SocialDelivery.post_id is uuid!, not String!"),
        ("scalar jsonb", "scalar jsonb\n\nscalar String", "String is declared again"),
        ("scalar jsonb", "scalar jsonb\n\nscalar bigint", "there is no type bigint"),
        ("scalar jsonb", "scalar jsonb\n\nscalar jsonb", "jsonb is declared again"),
        ("\"Any JSON value.\"\nscalar jsonb\n", "", "leads to jsonb, which is not declared"),
        ("type SocialPageInfo {", "type SocialPageInfo @key {", "SocialPageInfo is extended or carries a directive"),
        ("  has_next_page: Boolean!", "  has_next_page: Boolean! @deprecated", "has_next_page carries a directive"),
        ("  has_next_page: Boolean!", "  has_more: Boolean!", "there is no field SocialPageInfo.has_more"),
        ("  first: Int\n", "  first: Int = 10\n", "first has another default"),
        ("  twitter\n", "  mastodon\n", "SocialPlatform has no value mastodon"),
        ("    input: SocialTriggerImportInput!\n", "    in: Int\n", "socialTriggerImport needs input"),
        ("scalar uuid", "type uuid { a: Int }", "uuid is of another kind"),
        ("type Query {", "type Queries {", "Query is not declared"),
        ("  mutation: Mutation\n", "  mutation: Mutations\n", "Mutations is no root of the schema"),
        ("type Query {", "type Query {{", "it is not GraphQL"),
    ];
    for (from, to, expected) in cases {
        assert!(sdl.contains(from), "{from:?} is not in the permission any more");
        let found = misfits(&sdl.replacen(from, to, 1));
        assert!(found.iter().any(|found| found.contains(expected)), "{to:?}: {found:?}");
    }
}
