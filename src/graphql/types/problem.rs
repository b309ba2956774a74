//! What is wrong with an input.

use crate::service::integrations::InputProblem;
use async_graphql::SimpleObject;

/// So many problems of an input are told; each entry of a list can be one.
const MAX_PROBLEMS: usize = 20;

/// One thing that is wrong with an input.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct SocialInputProblem {
    /// The field of the input.
    field: String,
    /// What is wrong and what to do.
    message: String,
}

/// The problems, and all of them in one line.
pub fn problems(mut found: Vec<InputProblem>) -> (Vec<SocialInputProblem>, String) {
    found.truncate(MAX_PROBLEMS);
    let sentences: Vec<String> = found.iter().map(|p| format!("{}: {}.", p.field, p.message)).collect();
    let problems = found.into_iter().map(|p| SocialInputProblem { field: p.field, message: p.message });
    (problems.collect(), sentences.join(" "))
}
