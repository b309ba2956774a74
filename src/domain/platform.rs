//! The platforms posts come from.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A platform, by the word the tables and routes use for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// X, called `twitter` in tables, routes and settings since nchat named it so.
    Twitter,
    /// Instagram professional accounts.
    Instagram,
    /// LinkedIn company pages.
    Linkedin,
}

impl Platform {
    /// Every platform, in the order people see them.
    pub const ALL: [Self; 3] = [Self::Twitter, Self::Instagram, Self::Linkedin];

    /// The word in tables, routes and settings: `twitter`, `instagram`, `linkedin`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Twitter => "twitter",
            Self::Instagram => "instagram",
            Self::Linkedin => "linkedin",
        }
    }

    /// How people are shown it: name, icon, colour.
    pub const fn brand(self) -> Brand {
        match self {
            Self::Twitter => Brand { name: "X", icon: "twitter", color: "#1DA1F2" },
            Self::Instagram => Brand { name: "Instagram", icon: "instagram", color: "#E4405F" },
            Self::Linkedin => Brand { name: "LinkedIn", icon: "linkedin", color: "#0A66C2" },
        }
    }
}

/// How a platform is shown to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brand {
    /// The name people know.
    pub name: &'static str,
    /// The icon's name in nchat's icon set.
    pub icon: &'static str,
    /// `#RRGGBB`.
    pub color: &'static str,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word is no platform's.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown platform: use twitter, instagram or linkedin")]
pub struct UnknownPlatform;

impl FromStr for Platform {
    type Err = UnknownPlatform;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|platform| platform.as_str() == word).ok_or(UnknownPlatform)
    }
}
