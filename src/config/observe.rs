//! Where traces and errors go, beside the log. Off unless set.

use super::{
    Env, Problems,
    reader::{Reader, Refused},
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// Traces and errors.
#[derive(Clone, Debug, Default)]
pub struct ObserveConfig {
    /// `None`: no traces.
    pub traces: Option<TraceConfig>,
    /// `None`: no errors sent.
    pub sentry: Option<SentryConfig>,
}

/// A collector of traces, by OpenTelemetry's own variables:
/// `<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>`
#[derive(Clone, Debug)]
pub struct TraceConfig {
    /// The whole address.
    pub endpoint: Url,
    /// Sent with every request; may hold a key.
    pub headers: Vec<(String, SecretString)>,
    /// OTEL_SERVICE_NAME
    pub service_name: String,
}

/// A project of Sentry's: `<https://develop.sentry.dev/sdk/overview/#parsing-the-dsn>`
#[derive(Clone, Debug)]
pub struct SentryConfig {
    /// Where envelopes go.
    pub endpoint: Url,
    /// The DSN's public key, which anybody can send errors with.
    pub key: SecretString,
    /// SENTRY_ENVIRONMENT
    pub environment: String,
}

impl ObserveConfig {
    /// Only these settings: they count before all others are read.
    ///
    /// # Errors
    /// As [`super::Config::from_env`].
    pub fn from_env(env: Env<'_>) -> Result<Self, Problems> {
        let mut reader = Reader::new(env);
        let observe = Self::read(&mut reader);
        reader.finish(observe)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Refused> {
        let traces = TraceConfig::read(reader);
        let sentry = SentryConfig::read(reader);
        Ok(Self { traces: traces?, sentry: sentry? })
    }
}

impl TraceConfig {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Refused> {
        let whole = address(reader, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let base = address(reader, "OTEL_EXPORTER_OTLP_ENDPOINT");
        let headers = reader.secret("OTEL_EXPORTER_OTLP_HEADERS").and_then(|text| headers(reader, text));
        let service_name = reader.text("OTEL_SERVICE_NAME");
        // The specification wants what is not understood to be ignored here, and only "true" to count as true.
        let is_off = reader.text("OTEL_SDK_DISABLED")?.eq_ignore_ascii_case("true")
            | (reader.text("OTEL_TRACES_EXPORTER")? != "otlp");
        let below = |mut base: Url| {
            let path = format!("{}/v1/traces", base.path().trim_end_matches('/'));
            base.set_path(&path);
            base
        };
        let endpoint = whole?.or(base?.map(below)).filter(|_| !is_off);
        let (headers, service_name) = (headers?, service_name?);
        Ok(endpoint.map(|endpoint| Self { endpoint, headers, service_name }))
    }
}

impl SentryConfig {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Refused> {
        let environment = reader.text("SENTRY_ENVIRONMENT")?;
        let Some(dsn) = reader.secret("SENTRY_DSN")? else { return Ok(None) };
        let parts = parse_dsn(dsn.expose_secret());
        let (endpoint, key) = parts
            .ok_or_else(|| reader.refuse("SENTRY_DSN", None, "must be such as https://key@sentry.example.com/42"))?;
        Ok(Some(Self { endpoint, key, environment }))
    }
}

/// `scheme://key[:secret]@host[/path]/project` → `scheme://host[/path]/api/project/envelope/`
fn parse_dsn(dsn: &str) -> Option<(Url, SecretString)> {
    let mut url = Url::parse(dsn).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host())?;
    let key = SecretString::from(url.username());
    let path = url.path().to_owned();
    let (base, project) = path.rsplit_once('/')?;
    if key.expose_secret().is_empty() || project.is_empty() || !project.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_query(None);
    url.set_path(&format!("{base}/api/{project}/envelope/"));
    Some((url, key))
}

fn address(reader: &mut Reader<'_>, name: &'static str) -> Result<Option<Url>, Refused> {
    let Some(text) = reader.optional(name)? else { return Ok(None) };
    // Collectors sit in private networks, so http is as good as https here.
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    match url {
        Some(url) if url.username().is_empty() && url.password().is_none() => Ok(Some(url)),
        _ => {
            let shown = Some(text.as_str()).filter(|text| !text.contains('@'));
            Err(reader.refuse(name, shown, "must be an address such as http://127.0.0.1:4318, without a password"))
        }
    }
}

/// `name=value,name=value`, values percent-encoded where they must be; the exporter decodes them.
fn headers(reader: &mut Reader<'_>, text: Option<SecretString>) -> Result<Vec<(String, SecretString)>, Refused> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let pairs = text.expose_secret().split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let value = value.trim();
        let is_plain = !name.trim().is_empty() && !value.chars().any(char::is_control);
        is_plain.then(|| (name.trim().to_ascii_lowercase(), SecretString::from(value)))
    });
    let pairs: Option<Vec<_>> = pairs.collect();
    pairs.ok_or_else(|| reader.refuse("OTEL_EXPORTER_OTLP_HEADERS", None, "must be such as name=value,name=value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[(&str, &str)]) -> Result<ObserveConfig, Problems> {
        let find = |name: &str| given.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        ObserveConfig::from_env(&find)
    }

    #[test]
    fn traces_follow_opentelemetrys_variables() {
        let endpoint =
            |given: &[(&str, &str)]| read(given).expect("valid").traces.map(|traces| traces.endpoint.to_string());
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");
        assert_eq!(endpoint(&[]), None, "off by default");
        assert_eq!(endpoint(&[base]).as_deref(), Some("http://collector:4318/v1/traces"));
        assert_eq!(
            endpoint(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c.example/a/")]).as_deref(),
            Some("https://c.example/a/v1/traces")
        );
        let whole = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://other:1/here");
        assert_eq!(endpoint(&[base, whole]).as_deref(), Some("http://other:1/here"));
        for off in [("OTEL_SDK_DISABLED", "TRUE"), ("OTEL_TRACES_EXPORTER", "none")] {
            assert_eq!(endpoint(&[base, off]), None, "{off:?}");
        }
        assert!(endpoint(&[base, ("OTEL_SDK_DISABLED", "false")]).is_some());
        let headers = read(&[base, ("OTEL_EXPORTER_OTLP_HEADERS", "X-Key=canary%20key, b=2")]).expect("valid");
        assert!(!format!("{headers:?}").contains("canary"));
        let headers = headers.traces.expect("on").headers;
        assert_eq!((headers[0].0.as_str(), headers[0].1.expose_secret()), ("x-key", "canary%20key"));
        for wrong in [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:canary@c"), ("OTEL_EXPORTER_OTLP_HEADERS", "canary")] {
            let told = read(&[wrong]).expect_err("refused").to_string();
            assert!(told.starts_with(wrong.0) && !told.contains("canary"), "{told}");
        }
    }

    #[test]
    fn a_dsn_names_project_and_key() {
        let sentry =
            read(&[("SENTRY_DSN", "https://canarykey@o1.example.com/sub/42")]).expect("valid").sentry.expect("on");
        assert_eq!(sentry.endpoint.as_str(), "https://o1.example.com/sub/api/42/envelope/");
        assert_eq!((sentry.key.expose_secret(), sentry.environment.as_str()), ("canarykey", "production"));
        assert!(!format!("{sentry:?}").contains("canary"));
        for wrong in ["canary", "https://o1.example.com/42", "https://canary@o1.example.com/", "ftp://canary@h/1"] {
            let told = read(&[("SENTRY_DSN", wrong)]).expect_err("refused").to_string();
            assert!(told.starts_with("SENTRY_DSN") && !told.contains("canary"), "{told}");
        }
    }
}
