//! What is logged, and how.

use super::reader::{Reader, Refused};
use super::{Env, Problems};

/// Which lines, in which form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// SOCIAL_LOG: a level or directives such as `info,nchat_social::worker=debug`.
    pub filter: String,
    /// SOCIAL_LOG_FORMAT
    pub format: LogFormat,
}

/// The form of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// `Pretty` on a terminal, `Json` otherwise.
    Auto,
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl LogConfig {
    /// Only these two settings: for commands that need no others.
    ///
    /// # Errors
    /// As [`super::Config::from_env`].
    pub fn from_env(env: Env<'_>) -> Result<Self, Problems> {
        let mut reader = Reader::new(env);
        let log = Self::read(&mut reader);
        reader.finish(log)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Refused> {
        let filter = reader.text("SOCIAL_LOG");
        let format = reader.parsed(
            "SOCIAL_LOG_FORMAT",
            |text| match text {
                "auto" => Some(LogFormat::Auto),
                "pretty" => Some(LogFormat::Pretty),
                "json" => Some(LogFormat::Json),
                _ => None,
            },
            "must be auto, pretty or json",
        );
        Ok(Self { filter: filter?, format: format? })
    }
}
