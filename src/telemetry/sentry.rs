//! Errors for Sentry: every line of the log at level `error`, reduced to what happened, where, and fields known to be
//! harmless. The log's own texts (a driver's words, a panic's) never leave. Sentry's own crate brings a global hub and
//! integrations that gather more than that; an envelope is three lines of JSON:
//! `<https://develop.sentry.dev/sdk/data-model/envelopes/>`

use crate::{
    config::SentryConfig,
    domain::{Clock, Dice, Timestamp},
    outbound::Outbound,
};
use chrono::SecondsFormat;
use http::{Request, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use std::{fmt, sync::Arc};
use tokio::sync::mpsc;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{Layer, filter::filter_fn, layer::Context, registry::LookupSpan};

/// Errors that wait to be sent; more at once tell nothing new.
const MOST_WAITING: usize = 64;
/// Fields that hold words or ids of ours. Every other one stays at home.
const HARMLESS: &[&str] = &[
    "account",
    "channel",
    "code",
    "connection",
    "credential",
    "held",
    "id",
    "lease",
    "lease_id",
    "limit_ms",
    "method",
    "platform",
    "request_id",
    "status",
    "until",
];
const MOST_VALUE_CHARS: usize = 100;
/// How long Sentry is left alone after it said so without a time.
const PAUSE_SECONDS: i64 = 60;

/// The way to Sentry. Dropping it, with its layer, ends the sending.
pub struct Sentry {
    queue: mpsc::Sender<Value>,
    config: SentryConfig,
    clock: Arc<dyn Clock>,
    dice: Arc<dyn Dice>,
}

impl Sentry {
    /// The way, and what sends: to be spawned. It ends when all layers are gone.
    pub fn start(
        config: SentryConfig,
        http: Outbound,
        clock: Arc<dyn Clock>,
        dice: Arc<dyn Dice>,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (queue, waiting) = mpsc::channel(MOST_WAITING);
        let sending = send_all(config.clone(), http, clock.clone(), waiting);
        (Self { queue, config, clock, dice }, sending)
    }

    /// What turns errors into events.
    pub fn layer<S>(self) -> impl Layer<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let ours = filter_fn(|about| {
            let is_told = about.is_span() || *about.level() == Level::ERROR;
            is_told && *about.level() <= Level::INFO && about.target().starts_with("nchat_social")
        });
        Errors(self).with_filter(ours)
    }

    fn event(&self, event: &Event<'_>, mut told: Told) -> Value {
        let about = event.metadata();
        event.record(&mut told);
        let place = format!("{}:{}", about.file().unwrap_or_default(), about.line().unwrap_or_default());
        let now = self.clock.now();
        json!({
            "event_id": self.dice.uuid(now).simple().to_string(),
            "timestamp": time(now),
            "level": "error",
            "platform": "other",
            "logger": about.target(),
            "release": concat!("nchat-social@", env!("CARGO_PKG_VERSION")),
            "environment": self.config.environment,
            "message": { "formatted": told.message },
            "culprit": place,
            "fingerprint": [about.target(), told.message],
            "tags": told.tags,
        })
    }
}

fn time(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

async fn send_all(config: SentryConfig, http: Outbound, clock: Arc<dyn Clock>, mut waiting: mpsc::Receiver<Value>) {
    let mut not_before = None;
    while let Some(event) = waiting.recv().await {
        let now = clock.now();
        if not_before.is_some_and(|until| now < until) {
            continue;
        }
        let Some(request) = envelope(&config, &event, now) else { continue };
        match http.send(request).await {
            Ok(reply) if reply.status == StatusCode::TOO_MANY_REQUESTS => {
                let seconds = reply.header("retry-after").and_then(|value| value.parse().ok());
                let seconds: i64 = seconds.unwrap_or(PAUSE_SECONDS);
                not_before = Some(now + chrono::Duration::seconds(seconds.clamp(1, 3600)));
            }
            // At `warn`: an error about an error would follow itself.
            Ok(reply) if !reply.status.is_success() => tracing::warn!(status = reply.status.as_u16(), "Sentry refuses"),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "Sentry cannot be reached"),
        }
    }
}

fn envelope(config: &SentryConfig, event: &Value, now: Timestamp) -> Option<Request<Vec<u8>>> {
    let payload = event.to_string();
    let head = json!({ "event_id": event["event_id"], "sent_at": time(now) });
    let item = json!({ "type": "event", "content_type": "application/json", "length": payload.len() });
    let client = concat!("nchat-social/", env!("CARGO_PKG_VERSION"));
    let proof = format!("Sentry sentry_version=7, sentry_client={client}, sentry_key={}", config.key.expose_secret());
    Request::post(config.endpoint.as_str())
        .header("content-type", "application/x-sentry-envelope")
        .header("x-sentry-auth", proof)
        .body(format!("{head}\n{item}\n{payload}\n").into_bytes())
        .ok()
}

/// Message and harmless fields.
#[derive(Clone, Default)]
struct Told {
    message: String,
    tags: Map<String, Value>,
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else if HARMLESS.contains(&field.name()) {
            let text: String = format!("{value:?}").chars().take(MOST_VALUE_CHARS).collect();
            self.tags.insert(field.name().to_owned(), text.into());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

struct Errors(Sentry);

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Errors {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut told = Told::default();
        attributes.record(&mut told);
        span.extensions_mut().insert(told);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut told = Told::default();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(of_span) = span.extensions().get::<Told>() {
                told.tags.extend(of_span.tags.clone());
            }
        }
        // Full: the log has them all.
        let _ = self.0.queue.try_send(self.0.event(event, told));
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    /// Only what is the same every time may leave: no text is put into a message of an error.
    #[test]
    fn messages_of_errors_are_constant() {
        let mut seen = 0;
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = fs::read_to_string(&path).unwrap_or_default();
                for (at, _) in text.match_indices(concat!("tracing::error", "!(")) {
                    let call = &text[at..];
                    let call = &call[..call.find(';').unwrap_or(call.len())];
                    let message = call.rsplit('"').nth(1).expect("a message");
                    assert!(!message.contains('{'), "{}: {message}", path.display());
                    seen += 1;
                }
            }
        }
        assert!(seen >= 8, "{seen}");
    }
}
