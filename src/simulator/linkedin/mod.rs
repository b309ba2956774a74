//! The simulated linkedin.
