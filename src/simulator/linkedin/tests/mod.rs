//! The world over HTTP.
