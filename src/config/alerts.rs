//! Where it is told that somebody must act.

use super::reader::{Reader, Refused};
use uuid::Uuid;

/// Where it is told that somebody must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertConfig {
    /// SOCIAL_ALERT_CHANNEL: a channel of the default tenant.
    pub channel: Option<Uuid>,
}

impl AlertConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Refused> {
        const NAME: &str = "SOCIAL_ALERT_CHANNEL";
        let Some(text) = reader.optional(NAME)? else { return Ok(Self { channel: None }) };
        let channel = Uuid::try_parse(text.trim()).map_err(|_| {
            let advice = "must be the id of a channel, a uuid: the column id of nchat_channels";
            reader.refuse(NAME, Some(&text), advice)
        })?;
        Ok(Self { channel: Some(channel) })
    }
}
