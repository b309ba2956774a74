//! The twitter client.
