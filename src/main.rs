//! `nchat-social`: see `nchat-social --help`.

use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // One TLS stack for both database drivers and the HTTP client; fails only if one was installed before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    nchat_social::cli::run(nchat_social::cli::Cli::parse())
}
