//! The simulator over HTTP: every world under its name, the control routes, faults and the call log before them.

use super::{Simulator, calls, calls::Call, control, faults, weather::Passing};
use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use std::{collections::HashMap, future::Future, io, sync::Arc};
use tokio::net::TcpListener;

impl Simulator {
    /// Every platform under `/{name}` and under its further hosts, and the control routes under `/_control/`.
    pub fn router(self: &Arc<Self>) -> Router {
        let mut router = control::router(self.clone());
        let mut platforms = HashMap::new();
        for world in self.worlds() {
            let hosts = [(world.name(), world.clone().router())].into_iter().chain(world.clone().hosts());
            for (host, paths) in hosts {
                router = router.nest_service(&format!("/{host}"), paths);
                platforms.insert(host, world.name());
            }
        }
        router.layer(middleware::from_fn_with_state((self.clone(), Arc::new(platforms)), observe))
    }

    /// Serves until `shutdown` is over. On loopback only: the simulator gives tokens to anybody who asks.
    ///
    /// # Errors
    /// When `listener` is not on a loopback address, or fails.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            let sentence = format!("the simulator listens on loopback only, not on {address}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, sentence));
        }
        axum::serve(listener, self.router()).with_graceful_shutdown(shutdown).await
    }
}

/// The platform of each host.
type Hosts = Arc<HashMap<&'static str, &'static str>>;

/// Notes the call, and lets a fault happen to it.
async fn observe(State((simulator, hosts)): State<(Arc<Simulator>, Hosts)>, request: Request, next: Next) -> Response {
    let whole = request.uri().path();
    let named = whole.strip_prefix('/').unwrap_or(whole);
    let (host, below) = named.split_at(named.find('/').unwrap_or(named.len()));
    let Some(platform) = hosts.get(host).copied() else { return next.run(request).await };
    // A further host stays visible in the path.
    let path = if host == platform { below } else { whole };
    let query = calls::redact(request.uri().query().unwrap_or_default());
    let at = simulator.shared.clock.now();
    let passing = Passing { platform, path, query: &query, at };
    let fault = simulator.faults.draw(&passing, &*simulator.shared.dice, || simulator.passing_presets(platform));
    let number = simulator.calls.began(Call {
        platform: platform.to_owned(),
        method: request.method().to_string(),
        path: path.to_owned(),
        query,
        status: None,
        fault: fault.as_ref().map(faults::FaultKind::word),
        at,
    });
    let response = match fault {
        Some(kind) => faults::happen(kind, request, next).await,
        None => next.run(request).await,
    };
    simulator.calls.answered(number, response.status().as_u16());
    response
}
