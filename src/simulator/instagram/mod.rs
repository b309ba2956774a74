//! The simulated instagram.
