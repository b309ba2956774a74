//! What every platform must do, client against simulator: both are written from the platform's documentation alone, so
//! a misreading on either side shows here. A new platform is complete when this suite passes for it.

mod bench;
mod connect;
mod content;
mod defects;
mod facebook;
mod faults;
mod limits;
mod reading;
mod samples;
