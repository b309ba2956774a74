//! The one door by which posts enter, from both sides: the mutation, and the request by which the worker calls it in
//! this process.

mod door;
mod input;
mod request;

#[cfg(test)]
mod tests;

pub use door::Importing;
pub use request::{ImportAnswer, ImportFault, ImportSummary, import_request, read_import};
