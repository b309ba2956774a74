//! Traces for a collector (OTLP, protobuf over HTTP): our spans, without what was logged inside them. They leave by our
//! own HTTP client, in batches, from a thread of the SDK's; when the collector is away they are dropped.

use crate::{
    config::TraceConfig,
    outbound::{Outbound, OutboundError},
};
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use secrecy::ExposeSecret;
use tokio::runtime::Handle;
use tracing::{Level, Subscriber};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

/// The way to the collector.
pub struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Begins to send. `runtime` does the input and output; [`Self::finish`] before it ends.
    ///
    /// # Errors
    /// When the collector's headers cannot be sent.
    pub fn start(config: &TraceConfig, http: Outbound, runtime: Handle) -> Result<Self, ExporterBuildError> {
        let headers = config.headers.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned()));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender { http, runtime })
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(config.endpoint.as_str())
            .with_headers(headers.collect())
            .build()?;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource =
            Resource::builder().with_service_name(config.service_name.clone()).with_attribute(version).build();
        let provider = SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build();
        Ok(Self { provider })
    }

    /// What turns spans into traces.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let tracer = self.provider.tracer(env!("CARGO_PKG_NAME"));
        let layer = tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false);
        // Events are the log's: their texts are for the operator's eyes.
        let ours = filter_fn(|about| {
            about.is_span() && *about.level() <= Level::DEBUG && about.target().starts_with("nchat_social")
        });
        layer.with_filter(ours)
    }

    /// Sends what is left. Waits for the runtime, so never call it on a thread that the runtime needs.
    pub fn finish(&self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::debug!(%error, "the last traces are lost");
        }
    }
}

/// Our HTTP client as the SDK wants it. The SDK's thread knows no runtime, so a task of ours sends.
#[derive(Debug)]
struct Sender {
    http: Outbound,
    runtime: Handle,
}

#[async_trait::async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let (parts, body) = request.into_parts();
        let sending = self.runtime.spawn(async move { http.send(Request::from_parts(parts, body.to_vec())).await });
        let reply = sending.await.map_err(|_| OutboundError::Cut)??;
        Ok(Response::builder().status(reply.status).body(Bytes::from(reply.body))?)
    }
}
