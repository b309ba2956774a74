//! The linkedin client.
