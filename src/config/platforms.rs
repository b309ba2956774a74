//! Where the platforms are and how we present ourselves to them.

use secrecy::SecretString;
use url::Url;

/// X. `<https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token>`
#[derive(Clone, Debug)]
pub struct TwitterConfig {
    /// TWITTER_CLIENT_ID
    pub client_id: String,
    /// TWITTER_CLIENT_SECRET; `None` for a public client.
    pub client_secret: Option<SecretString>,
    /// TWITTER_BEARER_TOKEN: app-only token; only for look-ups that need no person.
    pub bearer_token: Option<SecretString>,
    /// TWITTER_AUTHORIZE_URL, default `https://x.com/i/oauth2/authorize`
    pub authorize_url: Url,
    /// TWITTER_TOKEN_URL, default `https://api.x.com/2/oauth2/token`
    pub token_url: Url,
    /// TWITTER_REVOKE_URL, default `https://api.x.com/2/oauth2/revoke`
    pub revoke_url: Url,
    /// TWITTER_API_URL, default `https://api.x.com` (the client appends `/2/…`)
    pub api_url: Url,
}

/// Instagram API with Instagram Login.
#[derive(Clone, Debug)]
pub struct InstagramConfig {
    /// INSTAGRAM_APP_ID: the Instagram app id, not the Meta app id.
    pub app_id: String,
    /// INSTAGRAM_APP_SECRET
    pub app_secret: SecretString,
    /// INSTAGRAM_AUTHORIZE_URL, default `https://www.instagram.com/oauth/authorize`
    pub authorize_url: Url,
    /// INSTAGRAM_TOKEN_URL, default `https://api.instagram.com/oauth/access_token` (code exchange)
    pub token_url: Url,
    /// INSTAGRAM_GRAPH_URL, default `https://graph.instagram.com` (the client appends `/v26.0/…`, `/access_token`,
    /// `/refresh_access_token`)
    pub graph_url: Url,
}

/// LinkedIn Community Management or Advertising API.
#[derive(Clone, Debug)]
pub struct LinkedinConfig {
    /// LINKEDIN_CLIENT_ID
    pub client_id: String,
    /// LINKEDIN_CLIENT_SECRET
    pub client_secret: SecretString,
    /// LINKEDIN_AUTHORIZE_URL, default `https://www.linkedin.com/oauth/v2/authorization`
    pub authorize_url: Url,
    /// LINKEDIN_TOKEN_URL, default `https://www.linkedin.com/oauth/v2/accessToken`
    pub token_url: Url,
    /// LINKEDIN_API_URL, default `https://api.linkedin.com` (the client appends `/rest/…`, `/v2/…`)
    pub api_url: Url,
    /// LINKEDIN_SCOPES, space-separated, default `r_organization_social rw_organization_admin r_basicprofile`
    pub scopes: Vec<String>,
    /// LINKEDIN_VERSION, default `202609`
    pub version: String,
}
