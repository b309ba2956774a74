//! A professional account, and how it answers a list of fields.
//! `<https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/get-started>`

use super::{cdn::File, errors::GraphError, fields, fields::Field, media::Media, media::Renderer};
use serde_json::{Map, Value};

/// Every field of a profile that Instagram Login knows.
const FIELDS: [&str; 11] = [
    "id",
    "user_id",
    "username",
    "name",
    "biography",
    "website",
    "account_type",
    "profile_picture_url",
    "followers_count",
    "follows_count",
    "media_count",
];

/// An account and its posts in the order they were published.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// The professional id, `17841…`: `user_id` of `/me`, and how this world calls the account.
    pub user_id: String,
    /// The app-scoped id: `id` of `/me`.
    pub scoped_id: String,
    pub username: String,
    pub name: String,
    pub picture: File,
    pub media: Vec<Media>,
}

impl Account {
    /// Whether `id` in a path means this account, for a token of this account.
    pub(super) fn is_called(&self, id: &str) -> bool {
        id == "me" || id == self.user_id || id == self.scoped_id
    }

    /// The profile with the asked-for `fields` as Instagram Login shows it; `id`, the app-scoped one, is always there.
    pub(super) fn render(
        &self,
        fields: &[Field],
        id_number: bool,
        renderer: Renderer<'_>,
    ) -> Result<Value, GraphError> {
        fields::check(fields, &FIELDS, "ShadowIGUser")?;
        let mut profile = self.common(fields, renderer);
        for field in fields {
            let value = match field.name.as_str() {
                "user_id" if id_number => number(&self.user_id),
                "user_id" => self.user_id.clone().into(),
                "account_type" => "BUSINESS".into(),
                _ => continue,
            };
            profile.insert(field.name.clone(), value);
        }
        profile.insert("id".into(), self.scoped_id.clone().into());
        Ok(Value::Object(profile))
    }

    /// The same as Facebook Login shows it: `id` is the professional one, and there is no `account_type`.
    pub(super) fn render_of_facebook(&self, fields: &[Field], renderer: Renderer<'_>) -> Result<Value, GraphError> {
        let known: Vec<_> = FIELDS.into_iter().filter(|field| !["user_id", "account_type"].contains(field)).collect();
        fields::check(fields, &known, "IGUser")?;
        let mut profile = self.common(fields, renderer);
        profile.insert("id".into(), self.user_id.clone().into());
        Ok(Value::Object(profile))
    }

    /// What both flavours show. Empty texts are left out.
    fn common(&self, fields: &[Field], renderer: Renderer<'_>) -> Map<String, Value> {
        let value = |field: &Field| -> Option<Value> {
            Some(match field.name.as_str() {
                "username" => self.username.clone().into(),
                "name" if !self.name.is_empty() => self.name.clone().into(),
                "profile_picture_url" => renderer.link(&self.picture),
                "followers_count" => 1200.into(),
                "follows_count" => 10.into(),
                "media_count" => self.media.len().into(),
                _ => return None,
            })
        };
        fields.iter().filter_map(|field| Some((field.name.clone(), value(field)?))).collect()
    }
}

/// An id as a JSON number, which it is too long for in languages that read numbers as doubles.
pub(super) fn number(id: &str) -> Value {
    id.parse::<u64>().map_or(Value::Null, Value::from)
}
