//! The simulator over HTTP: every world under its name, the control routes, faults and the call log before them.

use super::{Simulator, calls, calls::Call, control, faults};
use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use std::{future::Future, io, sync::Arc};
use tokio::net::TcpListener;

impl Simulator {
    /// Every platform under `/{name}` and the control routes under `/_control/`.
    pub fn router(self: &Arc<Self>) -> Router {
        let mut router = control::router(self.clone());
        for world in self.worlds() {
            router = router.nest_service(&format!("/{}", world.name()), world.clone().router());
        }
        router.layer(middleware::from_fn_with_state(self.clone(), observe))
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

/// Notes the call, and lets a fault happen to it.
async fn observe(State(simulator): State<Arc<Simulator>>, request: Request, next: Next) -> Response {
    let whole = request.uri().path();
    let whole = whole.strip_prefix('/').unwrap_or(whole);
    let (platform, path) = whole.split_at(whole.find('/').unwrap_or(whole.len()));
    if simulator.world(platform).is_none() {
        return next.run(request).await;
    }
    let fault = simulator.faults.draw(platform, path, &*simulator.shared.dice);
    let number = simulator.calls.began(Call {
        platform: platform.to_owned(),
        method: request.method().to_string(),
        path: path.to_owned(),
        query: calls::redact(request.uri().query().unwrap_or_default()),
        status: None,
        fault: fault.as_ref().map(faults::FaultKind::word),
        at: simulator.shared.clock.now(),
    });
    let response = match fault {
        Some(kind) => faults::happen(kind, request, next).await,
        None => next.run(request).await,
    };
    simulator.calls.answered(number, response.status().as_u16());
    response
}
