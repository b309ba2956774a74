//! The simulated twitter.
