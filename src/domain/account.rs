//! Connected accounts as platforms describe them.

use super::Author;
use serde::{Deserialize, Serialize};

/// Something a login can read posts of: an X or Instagram account, a LinkedIn page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// The platform's id of it: X user id, Instagram professional id (17841…), LinkedIn URN
    /// (`urn:li:organization:…` or `urn:li:organizationBrand:…`).
    pub remote_id: String,
    /// A second id under which the platform's callbacks name it (Instagram: the app-scoped id of `/me`).
    pub callback_id: Option<String>,
    /// Name, handle, profile link, picture.
    pub profile: AccountProfile,
    /// How much it has published a day so far, where the platform tells: what reading it will cost.
    #[serde(default)]
    pub posts_per_day: Option<f64>,
}

/// How an account presents itself.
pub type AccountProfile = Author;

/// What a fresh login can read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Login {
    /// The platform's id of the person or account that logged in: one set of tokens per subject.
    pub subject: String,
    /// A name for people.
    pub subject_name: String,
    /// What posts can be read of. One: it is connected. Several: the administrator chooses.
    pub identities: Vec<Identity>,
}
