//! The Hasura into which `nchat-social hasura` puts this service. Only that command reads it.

use super::reader::{Reader, Refused};
use super::{Env, Problems};
use secrecy::SecretString;
use url::Url;

/// How to reach Hasura's metadata.
#[derive(Clone, Debug)]
pub struct HasuraConfig {
    /// HASURA_GRAPHQL_ENDPOINT: its address, without `/v1/metadata`.
    pub endpoint: Url,
    /// HASURA_GRAPHQL_ADMIN_SECRET or HASURA_ADMIN_SECRET.
    pub admin_secret: SecretString,
}

impl HasuraConfig {
    /// Reads these settings alone.
    ///
    /// # Errors
    /// As [`super::Config::from_env`].
    pub fn from_env(env: Env<'_>) -> Result<Self, Problems> {
        let mut reader = Reader::new(env);
        let hasura = Self::read(&mut reader);
        reader.finish(hasura)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Refused> {
        let endpoint = reader.private_url("HASURA_GRAPHQL_ENDPOINT");
        let admin_secret = match reader.secret("HASURA_GRAPHQL_ADMIN_SECRET") {
            Ok(None) => reader.secret("HASURA_ADMIN_SECRET"),
            given => given,
        };
        let admin_secret = admin_secret.and_then(|secret| {
            secret.ok_or_else(|| {
                let advice = "is needed: Hasura changes its metadata for nobody without it";
                reader.refuse("HASURA_GRAPHQL_ADMIN_SECRET", None, advice)
            })
        });
        Ok(Self { endpoint: endpoint?, admin_secret: admin_secret? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn read(given: &[(&str, &str)]) -> Result<HasuraConfig, Problems> {
        let env = |name: &str| given.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        HasuraConfig::from_env(&env)
    }

    #[test]
    fn either_name_of_the_secret_will_do() {
        let endpoint = ("HASURA_GRAPHQL_ENDPOINT", "https://hasura.example.com/");
        let both = [endpoint, ("HASURA_ADMIN_SECRET", "nchats"), ("HASURA_GRAPHQL_ADMIN_SECRET", "hasuras")];
        assert_eq!(read(&both).expect("settings").admin_secret.expose_secret(), "hasuras");
        let config = read(&both[..2]).expect("settings");
        assert_eq!(config.admin_secret.expose_secret(), "nchats");
        assert_eq!(config.endpoint.as_str(), "https://hasura.example.com/");
        let problems = read(&[]).expect_err("nothing is set");
        assert_eq!(problems.names(), ["HASURA_GRAPHQL_ENDPOINT", "HASURA_GRAPHQL_ADMIN_SECRET"]);
    }

    /// The admin secret goes over the wire with every call.
    #[test]
    fn http_is_for_private_networks() {
        for (endpoint, allowed) in [
            ("http://hasura:8080", true),
            ("http://127.0.0.1:8080", true),
            ("http://10.0.3.7", true),
            ("http://192.168.1.2:8080", true),
            ("http://172.20.0.2", true),
            ("http://[fd00::1]:8080", true),
            ("http://hasura.internal", true),
            ("http://hasura.local", true),
            ("https://hasura.example.com", true),
            ("http://hasura.example.com", false),
            ("http://8.8.8.8", false),
            ("http://172.32.0.1", false),
            ("http://[2001:db8::1]", false),
            ("http://internal.example.com", false),
        ] {
            let read = read(&[("HASURA_GRAPHQL_ENDPOINT", endpoint), ("HASURA_ADMIN_SECRET", "secret")]);
            assert_eq!(read.is_ok(), allowed, "{endpoint}");
        }
    }
}
