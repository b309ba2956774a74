//! What one request may ask, from both sides of each limit.

use super::{admin, ask, codes, introspect};
use crate::{graphql::FromHasura, service::Actor};
use async_graphql::Request;

const ID: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

/// A join as Hasura asks it: one root field for each row.
fn join(rows: usize) -> String {
    let field = |row| {
        format!("f{row}: socialAccount(id: \"{ID}\") {{ id account_name integrations {{ id channel {{ id }} }} }}")
    };
    format!("query  {{ {} }}", (0..rows).map(field).collect::<Vec<_>>().join(" "))
}

/// Hasura's introspection as it arrives: fragments inlined, on one line, references seven levels deep.
fn hasuras_introspection() -> String {
    let reference = (0..7).fold("kind  name ".to_owned(), |inner, _| format!("kind  name  ofType {{ {inner} }}"));
    let input = format!("name  description  type {{ ... on __Type{{ {reference} }} }} defaultValue ");
    format!(
        "query IntrospectionQuery {{ __schema {{ queryType {{ name  }} mutationType {{ name  }} subscriptionType \
         {{ name  }} types {{ ... on __Type{{ kind  name  description  fields(includeDeprecated: true) {{ name \
         description  args {{ ... on __InputValue{{ {input} }} }} type {{ ... on __Type{{ {reference} }} }} isDeprecated \
         deprecationReason  }} inputFields {{ ... on __InputValue{{ {input} }} }} interfaces {{ ... on __Type{{ \
         {reference} }} }} enumValues(includeDeprecated: true) {{ name  description  isDeprecated  deprecationReason  }} \
         possibleTypes {{ ... on __Type{{ {reference} }} }} }} }} directives {{ name  description  locations  args \
         {{ ... on __InputValue{{ {input} }} }} }} }} }}"
    )
}

#[tokio::test]
async fn introspection_of_tools_and_of_hasura_passes_for_everybody() {
    for actor in [Actor::Nobody, Actor::Member, Actor::System, admin().await] {
        introspect(actor.clone()).await;
        let answer = ask(actor, hasuras_introspection()).await;
        assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    }
}

#[tokio::test]
async fn introspection_that_multiplies_is_refused() {
    let query =
        "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }";
    assert_eq!(codes(&ask(Actor::Nobody, query).await), ["QUERY_TOO_LARGE"]);
    let query = format!(
        "{{ {} }}",
        (0..24)
            .map(|i| format!(
                "a{i}: __schema {{ types {{ fields {{ args {{ type {{ kind name \
        ofType {{ kind name ofType {{ name }} }} }} }} }} }} }}"
            ))
            .collect::<String>()
    );
    assert_eq!(codes(&ask(Actor::Nobody, query).await), ["QUERY_TOO_LARGE"]);
}

#[tokio::test]
async fn joins_of_hasura_pass_where_others_may_not_ask_so_much() {
    let (usual, most) = (join(30), join(1_000));
    assert!(codes(&ask(admin().await, usual).await).iter().all(|code| code == "UNAVAILABLE"));
    assert_eq!(codes(&ask(admin().await, join(31)).await), ["QUERY_TOO_LARGE"]);
    let answer = ask(admin().await, Request::new(most).data(FromHasura)).await;
    assert_eq!(answer.errors.len(), 1_000);
    assert!(codes(&answer).iter().all(|code| code == "UNAVAILABLE"));
    let answer = ask(admin().await, Request::new(join(1_001)).data(FromHasura)).await;
    assert_eq!(codes(&answer), ["QUERY_TOO_LARGE"]);
}

#[tokio::test]
async fn pages_inside_pages_weigh_what_they_may_answer() {
    let page = |first: u32, aliases: usize| {
        let post = "id post_url content author_name engagement posted_at account { id account_name } \
            deliveries { id status reason detail channel { id name } integration { id auto_post } }";
        let field =
            |i| format!("p{i}: socialPosts(first: {first}) {{ page_info {{ has_next_page }} nodes {{ {post} }} }} ");
        format!("{{ {} }}", (0..aliases).map(field).collect::<String>())
    };
    assert_eq!(codes(&ask(admin().await, page(200, 1)).await), ["UNAVAILABLE"]);
    assert_eq!(codes(&ask(admin().await, page(200, 5)).await), ["QUERY_TOO_LARGE"]);
    assert_eq!(codes(&ask(admin().await, page(10, 5)).await).len(), 5);
    let answer = ask(admin().await, Request::new(page(200, 5)).data(FromHasura)).await;
    assert_eq!(codes(&answer).len(), 5);
    let answer = ask(admin().await, Request::new(page(200, 200)).data(FromHasura)).await;
    assert_eq!(codes(&answer), ["QUERY_TOO_LARGE"]);
    // A size out of bounds weighs as the largest, and is then refused as such.
    assert_eq!(codes(&ask(admin().await, page(i32::MAX as u32, 1)).await), ["BAD_USER_INPUT"]);
}

#[tokio::test]
async fn this_service_itself_has_no_limits() {
    let answer = ask(Actor::System, join(1_001)).await;
    assert_eq!(codes(&answer), vec!["FORBIDDEN"; 1_001]);
}

#[tokio::test]
async fn depth_is_bounded() {
    let nested = |levels: usize| {
        let (open, close) = ("integrations { account { ".repeat(levels), "} } ".repeat(levels));
        format!("{{ socialAccounts {{ {open} id {close} }} }}")
    };
    assert_eq!(codes(&ask(admin().await, nested(2)).await), ["UNAVAILABLE"]);
    assert_eq!(codes(&ask(admin().await, nested(6)).await), ["QUERY_TOO_LARGE"]);
    assert_eq!(codes(&ask(admin().await, nested(25)).await), ["QUERY_TOO_LARGE"]);
    assert_eq!(codes(&ask(admin().await, nested(40)).await), ["GRAPHQL_PARSE_FAILED"]);
}

#[tokio::test]
async fn small_texts_that_unfold_without_end_are_refused_at_once() {
    let mut bomb = String::from("{ ...F0 } fragment F25 on Query { socialPlatforms { name } }");
    for i in 0..25 {
        bomb += &format!(" fragment F{i} on Query {{ ...F{} ...F{} }}", i + 1, i + 1);
    }
    assert_eq!(codes(&ask(Actor::Nobody, bomb).await), ["QUERY_TOO_LARGE"]);
    let cycle = "{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }";
    assert_eq!(codes(&ask(Actor::Nobody, cycle).await), ["GRAPHQL_VALIDATION_FAILED"]);
    let directives = format!("{{ socialPlatforms {} {{ name }} }}", "@include(if: true) ".repeat(50));
    assert_eq!(ask(Actor::Nobody, directives).await.errors.len(), 1);
}

#[tokio::test]
async fn mistakes_have_codes_and_give_no_hints() {
    let answer = ask(Actor::Nobody, "{ socialAccount").await;
    assert_eq!(codes(&answer), ["GRAPHQL_PARSE_FAILED"]);
    let answer = ask(Actor::Nobody, "{ socialImportPost { id } }").await;
    assert_eq!(codes(&answer), ["GRAPHQL_VALIDATION_FAILED"]);
    assert!(!answer.errors[0].message.contains("socialImportLogs"), "{}", answer.errors[0].message);
    let many = format!("{{ {} }}", (0..200).map(|i| format!("n{i} ")).collect::<String>());
    assert!(ask(Actor::Nobody, many).await.errors.len() <= 20);
}

#[tokio::test]
async fn nonsense_in_variables_is_an_error_and_no_crash() {
    for query in [
        "query($a: Nope = 1) { socialPlatforms { name } }",
        "query($a: Nope!) { socialAccount(id: $a) { id } }",
        "query($a: [SocialAccount] = []) { socialAccounts(ids: $a) { id } }",
        "query($a: SocialPostInput = {post_id: 1}) { __typename }",
        "query($a: Int = 99999999999999999999) { socialPosts(first: $a) { nodes { id } } }",
        "{ socialPosts(first: 1e400) { nodes { id } } }",
        "{ ...Missing }",
        "query A { __typename } query B { __typename }",
        "",
        "\u{feff}",
    ] {
        assert!(!ask(admin().await, query).await.errors.is_empty(), "{query}");
    }
}

#[tokio::test]
async fn texts_nested_without_end_are_an_error_and_no_crash() {
    for (open, close) in [("{a", "}"), ("{...on Query", "}"), ("{socialAccounts(ids:", "")] {
        let query = format!("{}{}", open.repeat(200_000), close.repeat(200_000));
        assert!(!ask(Actor::Nobody, query).await.errors.is_empty());
    }
    for (before, open, close, after) in [
        ("{socialAccounts(ids:", "[", "]", "){id}}"),
        ("{socialAccounts(ids:", "{a:", "}", "){id}}"),
        ("query($a:", "[", "]", "){__typename}"),
        ("query($a: [uuid!] = ", "[", "]", "){socialAccounts(ids:$a){id}}"),
    ] {
        let query = format!("{before}{}{}{after}", open.repeat(400_000), close.repeat(400_000));
        assert!(!ask(Actor::Nobody, query).await.errors.is_empty());
    }
}
