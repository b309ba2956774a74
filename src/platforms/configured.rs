//! The clients that the settings ask for. The one place that names every platform.

use super::{Platforms, instagram::Instagram, linkedin::Linkedin, twitter::Twitter};
use crate::{config::Config, outbound::Outbound};
use std::sync::Arc;

impl Platforms {
    /// A client for each platform that has credentials; all of them ask by `http`.
    pub fn configured(config: &Config, http: &Outbound) -> Self {
        let mut platforms = Self::default();
        if let Some(config) = &config.twitter {
            platforms.insert(Arc::new(Twitter::new(config.clone(), http.clone())));
        }
        if let Some(config) = &config.instagram {
            platforms.insert(Arc::new(Instagram::new(config.clone(), http.clone())));
        }
        if let Some(config) = &config.linkedin {
            platforms.insert(Arc::new(Linkedin::new(config.clone(), http.clone())));
        }
        platforms
    }
}
