//! Every setting: the one list behind reading, `doctor` and `.env.example`.

/// A setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The section of `.env.example`.
    pub section: &'static str,
    /// The variable.
    pub name: &'static str,
    /// Never shown; also read from the file that NAME_FILE names.
    pub secret: bool,
    /// What holds when it is not set.
    pub default: Option<&'static str>,
    /// For the person who sets it.
    pub help: &'static str,
}

impl Setting {
    /// The setting of that name, which the code knows to be on the list.
    pub(super) fn named(name: &'static str) -> &'static Self {
        const UNLISTED: &Setting = &plain("", "", None, "");
        let listed = SETTINGS.iter().find(|setting| setting.name == name);
        debug_assert!(listed.is_some(), "{name} is not in SETTINGS");
        listed.unwrap_or(UNLISTED)
    }
}

const fn plain(
    section: &'static str,
    name: &'static str,
    default: Option<&'static str>,
    help: &'static str,
) -> Setting {
    Setting { section, name, secret: false, default, help }
}

const fn secret(section: &'static str, name: &'static str, help: &'static str) -> Setting {
    Setting { section, name, secret: true, default: None, help }
}

const NEEDED: &str = "Needed";
const AUTH: &str = "Who may call";
const WEB: &str = "The server";
const POLL: &str = "Polling";
const X: &str = "X (Twitter); off without an id";
const INSTAGRAM: &str = "Instagram; off without id and secret";
const LINKEDIN: &str = "LinkedIn; off without id and secret";
const LOG: &str = "Logs";

/// Every setting, in the order of `.env.example`.
pub const SETTINGS: &[Setting] = &[
    secret(NEEDED, "DATABASE_URL", "nchat's Postgres: postgres://login:password@host:port/database"),
    secret(
        NEEDED,
        "SOCIAL_MEDIA_ENCRYPTION_KEY",
        "Seals the platforms' tokens: base64 of 32 random bytes, made by `nchat-social keys generate`.\n\
         Keep a copy apart from the database: without it every account must be connected again.",
    ),
    plain(
        NEEDED,
        "NEXT_PUBLIC_APP_URL",
        Some("http://127.0.0.1:8095"),
        "nchat as browsers see it. The callbacks to register at the platforms lie below it:\n\
         …/api/social/twitter/callback, …/instagram/callback, …/linkedin/callback. https, except on this machine.",
    ),
    secret(
        AUTH,
        "NCHAT_SOCIAL_SHARED_SECRET",
        "Hasura's proof that it is Hasura (at least 16 characters): its x-hasura-* headers count only beside it.",
    ),
    secret(
        AUTH,
        "HASURA_GRAPHQL_JWT_SECRET",
        "The same JSON that Hasura has, so that people's own JWTs count: {\"type\":\"HS256\",\"key\":\"…\"}.\n\
         Also understood: claims_namespace, claims_format, audience, issuer, allowed_skew.",
    ),
    plain(AUTH, "SOCIAL_ADMIN_ROLES", Some("admin,owner"), "Session roles that administer accounts."),
    plain(
        AUTH,
        "SOCIAL_SESSION_COOKIES",
        Some("nchat-session,nhostSession"),
        "Cookies in which nchat's pages bring a person's JWT.",
    ),
    plain(
        AUTH,
        "SOCIAL_DEFAULT_SOURCE_ACCOUNT",
        Some("primary"),
        "The tenant (source_account_id) of sessions that name none.",
    ),
    plain(WEB, "SOCIAL_LISTEN", Some("127.0.0.1:8095"), "Address and port of the server."),
    plain(
        WEB,
        "SOCIAL_GRAPHIQL",
        None,
        "Offers the GraphQL explorer: true or false. Unless set: only when SOCIAL_LISTEN is this machine's own address.",
    ),
    plain(WEB, "SOCIAL_DATABASE_POOL_SIZE", Some("16"), "Database connections of one process, 2 to 500."),
    plain(WEB, "SOCIAL_STATEMENT_TIMEOUT", Some("30"), "Seconds after which Postgres gives a statement up, 1 to 600."),
    plain(POLL, "SOCIAL_POLL_INTERVAL", Some("300"), "Seconds between two polls of an account, 60 to 86400."),
    plain(
        POLL,
        "SOCIAL_POLL_FLOOR",
        Some("60"),
        "Seconds between two polls below which no administrator can set an account, 60 to 86400.",
    ),
    plain(POLL, "SOCIAL_POLL_CONCURRENCY", Some("64"), "Accounts that one process polls at the same time, 1 to 1024."),
    plain(X, "TWITTER_CLIENT_ID", None, "OAuth 2.0 client id of the app, from X's developer console."),
    secret(X, "TWITTER_CLIENT_SECRET", "Its secret; a public client has none."),
    secret(X, "TWITTER_BEARER_TOKEN", "App-only token, for look-ups that need no person's consent."),
    plain(X, "TWITTER_AUTHORIZE_URL", Some("https://x.com/i/oauth2/authorize"), "Where people give consent."),
    plain(X, "TWITTER_TOKEN_URL", Some("https://api.x.com/2/oauth2/token"), "Where codes become tokens."),
    plain(X, "TWITTER_REVOKE_URL", Some("https://api.x.com/2/oauth2/revoke"), "Where tokens are given back."),
    plain(X, "TWITTER_API_URL", Some("https://api.x.com"), "Where posts are read."),
    plain(
        X,
        "SOCIAL_X_POST_PRICE_USD",
        Some("0.005"),
        "What X bills for a post that is read, in dollars. 0.001 where the developer app belongs to the account read.",
    ),
    plain(X, "SOCIAL_X_USER_PRICE_USD", Some("0.010"), "What X bills for a user that is read: one when connecting."),
    plain(
        X,
        "SOCIAL_X_DAILY_BUDGET_USD",
        None,
        "Not more dollars than this on a day (UTC): accounts pause rather than cost more. Unset: no limit.\n\
         At least the smallest page, five posts.",
    ),
    plain(
        INSTAGRAM,
        "INSTAGRAM_APP_ID",
        None,
        "The Instagram app id (not the Meta app id), from the app's Instagram Login settings.",
    ),
    secret(INSTAGRAM, "INSTAGRAM_APP_SECRET", "The Instagram app secret."),
    plain(
        INSTAGRAM,
        "INSTAGRAM_AUTHORIZE_URL",
        Some("https://www.instagram.com/oauth/authorize"),
        "Where people give consent.",
    ),
    plain(
        INSTAGRAM,
        "INSTAGRAM_TOKEN_URL",
        Some("https://api.instagram.com/oauth/access_token"),
        "Where codes become tokens.",
    ),
    plain(
        INSTAGRAM,
        "INSTAGRAM_GRAPH_URL",
        Some("https://graph.instagram.com"),
        "Where posts are read and tokens are prolonged.",
    ),
    plain(LINKEDIN, "LINKEDIN_CLIENT_ID", None, "Client id of the app, from LinkedIn's developer portal."),
    secret(LINKEDIN, "LINKEDIN_CLIENT_SECRET", "Its secret."),
    plain(
        LINKEDIN,
        "LINKEDIN_AUTHORIZE_URL",
        Some("https://www.linkedin.com/oauth/v2/authorization"),
        "Where people give consent.",
    ),
    plain(
        LINKEDIN,
        "LINKEDIN_TOKEN_URL",
        Some("https://www.linkedin.com/oauth/v2/accessToken"),
        "Where codes become tokens.",
    ),
    plain(LINKEDIN, "LINKEDIN_API_URL", Some("https://api.linkedin.com"), "Where posts are read."),
    plain(
        LINKEDIN,
        "LINKEDIN_SCOPES",
        Some("r_organization_social,rw_organization_admin,r_basicprofile"),
        "Asked of every person who connects; must be among those the app has been granted.",
    ),
    plain(
        LINKEDIN,
        "LINKEDIN_TIER",
        Some("development"),
        "development (100 calls a day for a member, 500 for the app: accounts are polled every 20 minutes or less\n\
         often, so that the calls last) or, once LinkedIn has granted it, standard.",
    ),
    plain(
        LINKEDIN,
        "LINKEDIN_VERSION",
        Some("202609"),
        "Version of the API (year and month). LinkedIn switches each one off a year after it appeared.",
    ),
    plain(
        LOG,
        "SOCIAL_LOG",
        Some("info"),
        "error, warn, info, debug, trace; or by module: info,nchat_social::worker=debug",
    ),
    plain(LOG, "SOCIAL_LOG_FORMAT", Some("auto"), "pretty, json, or auto: pretty on a terminal, JSON otherwise."),
];

/// The text of `.env.example`: every setting, explained, with its default.
pub fn example() -> String {
    let mut text = String::from(
        "# Every setting of nchat-social. What is commented out has the default shown; an empty value counts as not set.\n\
         # Instead of a secret NAME, NAME_FILE may name a file that holds it. `nchat-social doctor` checks all of them.\n",
    );
    let mut section = "";
    for setting in SETTINGS {
        if setting.section != section {
            section = setting.section;
            text += &format!("\n# --- {section}\n");
        }
        text += "\n";
        for line in setting.help.lines() {
            text += &format!("# {line}\n");
        }
        match setting.default {
            Some(default) => text += &format!("#{}={default}\n", setting.name),
            None => text += &format!("{}=\n", setting.name),
        }
    }
    text
}
