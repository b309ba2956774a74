//! Where the platforms are and how we present ourselves to them.

use super::reader::{Reader, Refused};
use crate::domain::Usd;
use secrecy::SecretString;
use url::Url;

/// X. `<https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token>`
#[derive(Clone, Debug)]
pub struct TwitterConfig {
    /// TWITTER_CLIENT_ID
    pub client_id: String,
    /// TWITTER_CLIENT_SECRET; `None` for a public client.
    pub client_secret: Option<SecretString>,
    /// TWITTER_BEARER_TOKEN: app-only token, kept for nothing yet.
    pub bearer_token: Option<SecretString>,
    /// TWITTER_AUTHORIZE_URL, default `https://x.com/i/oauth2/authorize`
    pub authorize_url: Url,
    /// TWITTER_TOKEN_URL, default `https://api.x.com/2/oauth2/token`
    pub token_url: Url,
    /// TWITTER_REVOKE_URL, default `https://api.x.com/2/oauth2/revoke`
    pub revoke_url: Url,
    /// TWITTER_API_URL, default `https://api.x.com` (the client appends `/2/…`)
    pub api_url: Url,
    /// SOCIAL_X_POST_PRICE_USD
    pub post_price: Usd,
    /// SOCIAL_X_USER_PRICE_USD
    pub user_price: Usd,
    /// SOCIAL_X_DAILY_BUDGET_USD; `None`: no limit of ours.
    pub daily_budget: Option<Usd>,
}

/// Instagram, through either of the logins by which Meta lets an app read it.
/// `<https://developers.facebook.com/docs/instagram-platform/overview>`
#[derive(Clone, Debug)]
pub struct InstagramConfig {
    /// INSTAGRAM_LOGIN: through which accounts are connected from now on, with the app for it.
    pub login: InstagramLogin,
    /// INSTAGRAM_GRAPH_URL, default `https://graph.instagram.com` (the client appends `/v26.0/…`, `/access_token`,
    /// `/refresh_access_token`): where accounts connected through Instagram Login are read, whichever login is set.
    pub graph_url: Url,
    /// Facebook Login's app, where it is given: with it accounts connected through it are read, whichever login is set.
    pub facebook: Option<FacebookLoginConfig>,
    /// Every app secret given. Meta signs its callbacks with one of them and does not say with which.
    pub app_secrets: Vec<SecretString>,
}

/// Through which login accounts are connected.
#[derive(Clone, Debug)]
pub enum InstagramLogin {
    /// `instagram`: one account for each login, no Facebook Page.
    Instagram(InstagramLoginConfig),
    /// `facebook`: every account linked to a Facebook Page of the person who logs in.
    Facebook(FacebookLoginConfig),
}

/// The app of the Instagram API with Instagram Login.
#[derive(Clone, Debug)]
pub struct InstagramLoginConfig {
    /// INSTAGRAM_APP_ID: the Instagram app id, not the Meta app id.
    pub app_id: String,
    /// INSTAGRAM_APP_SECRET
    pub app_secret: SecretString,
    /// INSTAGRAM_AUTHORIZE_URL, default `https://www.instagram.com/oauth/authorize`
    pub authorize_url: Url,
    /// INSTAGRAM_TOKEN_URL, default `https://api.instagram.com/oauth/access_token` (code exchange)
    pub token_url: Url,
}

/// The app of the Instagram API with Facebook Login.
#[derive(Clone, Debug)]
pub struct FacebookLoginConfig {
    /// FACEBOOK_APP_ID: the Meta app id.
    pub app_id: String,
    /// FACEBOOK_APP_SECRET
    pub app_secret: SecretString,
    /// FACEBOOK_CONFIG_ID: a configuration of Facebook Login for Business, which then names the permissions.
    pub config_id: Option<String>,
    /// FACEBOOK_AUTHORIZE_URL, default `https://www.facebook.com/v26.0/dialog/oauth`
    pub authorize_url: Url,
    /// FACEBOOK_GRAPH_URL, default `https://graph.facebook.com` (the client appends `/v26.0/…`)
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
    /// LINKEDIN_SCOPES, separated by spaces or commas, default
    /// `r_organization_social,rw_organization_admin,r_basicprofile`
    pub scopes: Vec<String>,
    /// LINKEDIN_VERSION, default `202609`
    pub version: String,
    /// LINKEDIN_TIER
    pub tier: LinkedinTier,
}

/// How many calls LinkedIn allows. `<https://learn.microsoft.com/linkedin/marketing/increasing-access>`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkedinTier {
    /// 500 a day for the app, 100 for a member: what every app begins with.
    Development,
    /// As many as LinkedIn does not publish, for each endpoint.
    Standard,
}

impl TwitterConfig {
    /// `None` without credentials. The secret is optional (public clients have none), the id is not.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Refused> {
        let client_id = reader.optional("TWITTER_CLIENT_ID");
        let client_secret = reader.secret("TWITTER_CLIENT_SECRET");
        let bearer_token = reader.secret("TWITTER_BEARER_TOKEN");
        let authorize_url = reader.base_url("TWITTER_AUTHORIZE_URL");
        let token_url = reader.base_url("TWITTER_TOKEN_URL");
        let revoke_url = reader.base_url("TWITTER_REVOKE_URL");
        let api_url = reader.base_url("TWITTER_API_URL");
        let post_price = reader.money("SOCIAL_X_POST_PRICE_USD");
        let user_price = reader.money("SOCIAL_X_USER_PRICE_USD");
        let daily_budget = reader.optional_money("SOCIAL_X_DAILY_BUDGET_USD");
        let (client_id, client_secret, bearer_token) = (client_id?, client_secret?, bearer_token?);
        let Some(client_id) = client_id else {
            if client_secret.is_none() && bearer_token.is_none() {
                return Ok(None);
            }
            let given = if client_secret.is_some() { "TWITTER_CLIENT_SECRET" } else { "TWITTER_BEARER_TOKEN" };
            return Err(half_given(reader, "TWITTER_CLIENT_ID", given));
        };
        Ok(Some(Self {
            client_id,
            client_secret,
            bearer_token,
            authorize_url: authorize_url?,
            token_url: token_url?,
            revoke_url: revoke_url?,
            api_url: api_url?,
            post_price: post_price?,
            user_price: user_price?,
            daily_budget: daily_budget?,
        }))
    }
}

impl InstagramConfig {
    /// `None` without credentials.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Refused> {
        let through_facebook = reader.parsed(
            "INSTAGRAM_LOGIN",
            |text| match text {
                "instagram" => Some(false),
                "facebook" => Some(true),
                _ => None,
            },
            "must be instagram or facebook",
        );
        let app = pair(reader, "INSTAGRAM_APP_ID", "INSTAGRAM_APP_SECRET");
        let authorize_url = reader.base_url("INSTAGRAM_AUTHORIZE_URL");
        let token_url = reader.base_url("INSTAGRAM_TOKEN_URL");
        let graph_url = reader.base_url("INSTAGRAM_GRAPH_URL");
        let facebook_id = reader.optional("FACEBOOK_APP_ID");
        let facebook_secret = reader.secret("FACEBOOK_APP_SECRET");
        let config_id = reader.optional("FACEBOOK_CONFIG_ID");
        let facebook_authorize_url = reader.base_url("FACEBOOK_AUTHORIZE_URL");
        let facebook_graph_url = reader.base_url("FACEBOOK_GRAPH_URL");

        let (through_facebook, app) = (through_facebook?, app?);
        let (facebook_id, facebook_secret) = (facebook_id?, facebook_secret?);
        let app_secrets = app.iter().map(|(_, secret)| secret).chain(&facebook_secret).cloned().collect();
        let facebook = match (facebook_id, facebook_secret) {
            (Some(app_id), Some(app_secret)) => Some(FacebookLoginConfig {
                app_id,
                app_secret,
                config_id: config_id?,
                authorize_url: facebook_authorize_url?,
                graph_url: facebook_graph_url?,
            }),
            (Some(_), None) => return Err(half_given(reader, "FACEBOOK_APP_SECRET", "FACEBOOK_APP_ID")),
            // Beside Instagram Login the secret alone is of use: Meta may sign its callbacks with it.
            (None, Some(_)) if through_facebook || app.is_none() => {
                return Err(half_given(reader, "FACEBOOK_APP_ID", "FACEBOOK_APP_SECRET"));
            }
            (None, _) => None,
        };
        let login = match (through_facebook, app, &facebook) {
            (false, Some((app_id, app_secret)), _) => InstagramLogin::Instagram(InstagramLoginConfig {
                app_id,
                app_secret,
                authorize_url: authorize_url?,
                token_url: token_url?,
            }),
            (true, _, Some(facebook)) => InstagramLogin::Facebook(facebook.clone()),
            (_, None, None) => return Ok(None),
            (true, Some(_), None) => {
                let advice =
                    "is needed for INSTAGRAM_LOGIN=facebook; INSTAGRAM_APP_ID is for INSTAGRAM_LOGIN=instagram";
                return Err(reader.refuse("FACEBOOK_APP_ID", None, advice));
            }
            (false, None, Some(_)) => {
                let advice = "is needed for INSTAGRAM_LOGIN=instagram; to connect through Facebook Login, for which \
                              FACEBOOK_APP_ID is, set INSTAGRAM_LOGIN=facebook";
                return Err(reader.refuse("INSTAGRAM_APP_ID", None, advice));
            }
        };
        Ok(Some(Self { login, graph_url: graph_url?, facebook, app_secrets }))
    }

    /// Where a code becomes a token.
    pub fn token_host(&self) -> &Url {
        match &self.login {
            InstagramLogin::Instagram(app) => &app.token_url,
            InstagramLogin::Facebook(app) => &app.graph_url,
        }
    }
}

impl LinkedinConfig {
    /// `None` without credentials.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Refused> {
        let credentials = pair(reader, "LINKEDIN_CLIENT_ID", "LINKEDIN_CLIENT_SECRET");
        let authorize_url = reader.base_url("LINKEDIN_AUTHORIZE_URL");
        let token_url = reader.base_url("LINKEDIN_TOKEN_URL");
        let api_url = reader.base_url("LINKEDIN_API_URL");
        let scopes = reader.list("LINKEDIN_SCOPES");
        // Versions are months: `<https://learn.microsoft.com/en-us/linkedin/marketing/versioning>`
        let version = reader.parsed(
            "LINKEDIN_VERSION",
            |text| (text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned()),
            "must be a year and month in six digits, such as 202609",
        );
        let tier = reader.parsed(
            "LINKEDIN_TIER",
            |text| match text {
                "development" => Some(LinkedinTier::Development),
                "standard" => Some(LinkedinTier::Standard),
                _ => None,
            },
            "must be development or standard",
        );
        let Some((client_id, client_secret)) = credentials? else { return Ok(None) };
        Ok(Some(Self {
            client_id,
            client_secret,
            authorize_url: authorize_url?,
            token_url: token_url?,
            api_url: api_url?,
            scopes: scopes?,
            version: version?,
            tier: tier?,
        }))
    }
}

/// An id and its secret: both, or neither.
fn pair(
    reader: &mut Reader<'_>,
    id: &'static str,
    secret: &'static str,
) -> Result<Option<(String, SecretString)>, Refused> {
    let (id_given, secret_given) = (reader.optional(id), reader.secret(secret));
    match (id_given?, secret_given?) {
        (Some(id), Some(secret)) => Ok(Some((id, secret))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(half_given(reader, secret, id)),
        (None, Some(_)) => Err(half_given(reader, id, secret)),
    }
}

fn half_given(reader: &mut Reader<'_>, missing: &str, given: &str) -> Refused {
    reader.refuse(missing, None, format!("is needed beside {given}; to leave the platform off, set neither"))
}
