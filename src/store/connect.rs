//! From DATABASE_URL to a pool. The address is read once here, because the two drivers in this binary (ours and the
//! queue's) read it differently: `verify-ca`, `verify-full` and `sslrootcert` are unknown to tokio-postgres.

mod dial;
mod line;
mod tally;

use deadpool::Runtime;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use secrecy::{ExposeSecret, SecretString};
use std::{path::Path, sync::Arc, time::Duration};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

/// A server that is to end a statement at its time limit and has not answered so much later hangs.
const SILENCE: Duration = Duration::from_secs(3);

/// A transaction in which nothing happens for so long is nobody's any more: a process that vanished would hold its locks
/// for hours. The longest wait in one is for a platform that renews a token.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(180);

/// Connections, lent to whoever needs one.
pub type Pool = deadpool::managed::Pool<dial::Dial>;

/// A connection on loan.
pub(super) type Object = deadpool::managed::Object<dial::Dial>;

/// How the pool is made.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// DATABASE_URL.
    pub url: SecretString,
    /// The most connections at a time.
    pub size: usize,
    /// No statement may take longer.
    pub statement_timeout: Duration,
}

/// DATABASE_URL cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectProblem {
    /// It is no address.
    #[error("DATABASE_URL is not a postgres:// address")]
    Address,
    /// A parameter is not understood.
    #[error("DATABASE_URL is not understood: {0}")]
    Parameter(String),
    /// The file named by sslrootcert.
    #[error("DATABASE_URL names an sslrootcert that cannot be read")]
    RootCertificate,
}

/// A pool of connections; none is opened before the first is asked for.
///
/// # Errors
/// [`ConnectProblem`] when the address cannot be used.
pub fn pool(options: &PoolOptions) -> Result<Pool, ConnectProblem> {
    let mut url = Url::parse(options.url.expose_secret()).map_err(|_| ConnectProblem::Address)?;
    let mut root_certificate = None;
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter_map(|(name, value)| match (&*name, &*value) {
            ("sslrootcert", path) => {
                root_certificate = Some(path.to_owned());
                None
            }
            // rustls always checks certificate and name, so both mean what `require` means to it.
            ("sslmode", "verify-ca" | "verify-full") => Some(("sslmode".into(), "require".into())),
            (name, value) => Some((name.to_owned(), value.to_owned())),
        })
        .collect();
    url.query_pairs_mut().clear().extend_pairs(kept);
    let mut config: tokio_postgres::Config =
        url.as_str().trim_end_matches('?').parse().map_err(|error: tokio_postgres::Error| {
            // The source names the parameter; the whole text could repeat the password.
            ConnectProblem::Parameter(
                std::error::Error::source(&error).map_or_else(|| "bad parameter".into(), ToString::to_string),
            )
        })?;
    if config.get_application_name().is_none() {
        config.application_name("nchat-social");
    }
    config.connect_timeout(Duration::from_secs(5)).keepalives_idle(Duration::from_secs(30));
    config.tcp_user_timeout(Duration::from_secs(20));
    let own = config.get_options().unwrap_or_default().to_owned();
    let (limit, idle) = (options.statement_timeout.as_millis(), IDLE_IN_TRANSACTION.as_millis());
    let set = format!("{own} -c statement_timeout={limit} -c idle_in_transaction_session_timeout={idle}");
    config.options(set.trim());

    let dial = dial::Dial {
        config,
        last_break: Arc::default(),
        tls: MakeRustlsConnect::new(tls(root_certificate.as_deref().map(Path::new))?),
        patience: options.statement_timeout + SILENCE,
    };
    let wait = Some(Duration::from_secs(5));
    Pool::builder(dial)
        .max_size(options.size)
        .runtime(Runtime::Tokio1)
        .wait_timeout(wait)
        .create_timeout(wait)
        .recycle_timeout(wait)
        .build()
        .map_err(|error| ConnectProblem::Parameter(error.to_string()))
}

fn tls(root_certificate: Option<&Path>) -> Result<rustls::ClientConfig, ConnectProblem> {
    let mut roots = rustls::RootCertStore::empty();
    match root_certificate {
        Some(path) => {
            let read = CertificateDer::pem_file_iter(path).map_err(|_| ConnectProblem::RootCertificate)?;
            for certificate in read {
                let certificate = certificate.map_err(|_| ConnectProblem::RootCertificate)?;
                roots.add(certificate).map_err(|_| ConnectProblem::RootCertificate)?;
            }
        }
        // Roots that cannot be read matter only if TLS is asked for: then the handshake says so.
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}
