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
const ALERTS: &str = "When somebody must act";
const RETENTION: &str = "What is kept";
const X: &str = "X (Twitter); off without an id. docs/connect-twitter.md says how to get it";
const INSTAGRAM: &str = "Instagram; off without id and secret. docs/connect-instagram.md says how to get them";
const LINKEDIN: &str = "LinkedIn; off without id and secret. docs/connect-linkedin.md says how to get them";
const HASURA: &str = "For `nchat-social hasura`, which puts this service into a running Hasura";
const LOG: &str = "Logs";
const OBSERVE: &str = "Traces and errors for others to keep; off unless set";

/// Every setting, in the order of `.env.example`.
pub const SETTINGS: &[Setting] = &[
    secret(NEEDED, "DATABASE_URL", "nchat's Postgres: postgres://login:password@host:port/database"),
    secret(
        NEEDED,
        "SOCIAL_MEDIA_ENCRYPTION_KEY",
        "Seals the platforms' tokens: base64 of 32 random bytes, made by `nchat-social keys generate`.\n\
         Keep a copy apart from the database: without it every account must be connected again.\n\
         Several keys are separated by commas, newest first: the first one seals, all of them open. docs/keys.md tells\n\
         how to change the key while the service runs.",
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
         Types: HS256, HS384, HS512; with a public key (PEM, certificate, JWK) RS256, RS384, RS512, ES256, ES384, Ed25519.\n\
         Also understood: claims_namespace, claims_namespace_path, claims_map, claims_format, audience, issuer,\n\
         allowed_skew, header (beside Authorization, which always counts). Not understood: jwk_url.",
    ),
    secret(
        AUTH,
        "SOCIAL_ADMIN_TOKEN",
        "Lets scripts (Authorization: Bearer …) and the built-in page administer the default tenant; at least 32\n\
         characters, such as `openssl rand -base64 32` makes. Nobody may without it.",
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
    plain(
        WEB,
        "SOCIAL_CORS_ORIGINS",
        None,
        "Other origins whose pages may call with an Authorization header, such as https://chat.example.com, separated by\n\
         commas. None are needed where a proxy puts /api/social and /graphql on nchat's own origin.",
    ),
    plain(
        WEB,
        "SOCIAL_METRICS_LISTEN",
        None,
        "Address and port of /metrics, /livez and /readyz without proof, for Prometheus: 127.0.0.1:9464. Never behind a\n\
         public proxy. Unless set, /metrics is on SOCIAL_LISTEN only, for whoever has SOCIAL_ADMIN_TOKEN.",
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
    plain(
        ALERTS,
        "SOCIAL_ALERT_CHANNEL",
        None,
        "A channel of the default tenant (its id in nchat_channels): what somebody must act on is told there, once, and\n\
         once more when it is solved. Administrators can choose another one for each account; other tenants do so only\n\
         there. Unset: what no account's own channel is told of is in the log alone.",
    ),
    plain(
        RETENTION,
        "SOCIAL_AUDIT_RETENTION_DAYS",
        Some("400"),
        "Days for which it is kept who changed connections and integrations, 1 to 3650.",
    ),
    plain(
        RETENTION,
        "SOCIAL_IMPORT_LOG_RETENTION_DAYS",
        Some("90"),
        "Days for which the log of imports is kept, 1 to 3650.",
    ),
    plain(
        RETENTION,
        "SOCIAL_POST_RETENTION_DAYS",
        Some("400"),
        "Days for which imported posts and the decisions about them are kept, 30 to 3650; their messages stay in the chat.",
    ),
    plain(
        RETENTION,
        "SOCIAL_LINKEDIN_POST_RETENTION_DAYS",
        Some("180"),
        "The same for LinkedIn's posts: LinkedIn allows six months where the page's organisation has authorised the app,\n\
         and six weeks otherwise.",
    ),
    plain(
        RETENTION,
        "SOCIAL_SESSION_RETENTION_DAYS",
        Some("1"),
        "Days for which it is kept how an attempt to connect ended, 1 to 3650.",
    ),
    plain(
        RETENTION,
        "SOCIAL_COST_RETENTION_DAYS",
        Some("400"),
        "Days for which it is kept what reading an account cost each day, 35 to 3650.",
    ),
    plain(
        RETENTION,
        "SOCIAL_JOB_RETENTION_HOURS",
        Some("1"),
        "Hours for which jobs of the queue that ended are kept, 1 to 8760: for whoever looks into the queue.",
    ),
    plain(X, "TWITTER_CLIENT_ID", None, "OAuth 2.0 client id of the app, from X's developer console."),
    secret(X, "TWITTER_CLIENT_SECRET", "Its secret; a public client has none."),
    secret(
        X,
        "TWITTER_BEARER_TOKEN",
        "App-only token. Accepted, and needed for nothing: posts are read with each account's own token.",
    ),
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
        "INSTAGRAM_LOGIN",
        Some("instagram"),
        "Through which login accounts are connected: instagram (one account each, no Facebook Page) or facebook (every\n\
         account linked to a Page). Accounts connected through the other one are read on while its app is set below.",
    ),
    plain(
        INSTAGRAM,
        "INSTAGRAM_APP_ID",
        None,
        "For INSTAGRAM_LOGIN=instagram: the Instagram app id (not the Meta app id), from the app's Instagram Login settings.",
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
    plain(
        INSTAGRAM,
        "FACEBOOK_APP_ID",
        None,
        "For INSTAGRAM_LOGIN=facebook: the Meta app id, from the app's basic settings.",
    ),
    secret(
        INSTAGRAM,
        "FACEBOOK_APP_SECRET",
        "The Meta app secret. Of use without FACEBOOK_APP_ID, too: Meta may sign with it what it sends to an app of\n\
         Instagram Login.",
    ),
    plain(
        INSTAGRAM,
        "FACEBOOK_CONFIG_ID",
        None,
        "Only for Facebook Login for Business: the configuration that names the permissions.",
    ),
    plain(
        INSTAGRAM,
        "FACEBOOK_AUTHORIZE_URL",
        Some("https://www.facebook.com/v26.0/dialog/oauth"),
        "Where people give consent.",
    ),
    plain(
        INSTAGRAM,
        "FACEBOOK_GRAPH_URL",
        Some("https://graph.facebook.com"),
        "Where codes become tokens, Pages are listed and posts are read.",
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
        HASURA,
        "HASURA_GRAPHQL_ENDPOINT",
        None,
        "Hasura's address, without /v1: https, or http on this machine or a private network (http://hasura:8080).",
    ),
    secret(HASURA, "HASURA_GRAPHQL_ADMIN_SECRET", "Hasura's admin secret."),
    secret(HASURA, "HASURA_ADMIN_SECRET", "The same under nchat's name for it; used where the one above is not set."),
    plain(
        LOG,
        "SOCIAL_LOG",
        Some("info"),
        "error, warn, info, debug, trace; or by module: info,nchat_social::worker=debug",
    ),
    plain(LOG, "SOCIAL_LOG_FORMAT", Some("auto"), "pretty, json, or auto: pretty on a terminal, JSON otherwise."),
    plain(
        OBSERVE,
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        None,
        "A collector of OpenTelemetry traces (OTLP by HTTP, protobuf), such as http://127.0.0.1:4318.",
    ),
    plain(
        OBSERVE,
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        None,
        "The same, as the whole address: http://127.0.0.1:4318/v1/traces.",
    ),
    secret(OBSERVE, "OTEL_EXPORTER_OTLP_HEADERS", "Headers for the collector: name=value,name=value."),
    plain(OBSERVE, "OTEL_TRACES_EXPORTER", Some("otlp"), "otlp or none."),
    plain(OBSERVE, "OTEL_SDK_DISABLED", Some("false"), "true switches traces off."),
    plain(
        OBSERVE,
        "OTEL_SERVICE_NAME",
        Some("nchat-social"),
        "The name of this service in traces. The SDK's other variables (OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER,\n\
         OTEL_BSP_…) count as well.",
    ),
    secret(
        OBSERVE,
        "SENTRY_DSN",
        "Sends errors to Sentry: what failed and where, without people's data or the log's text.",
    ),
    plain(OBSERVE, "SENTRY_ENVIRONMENT", Some("production"), "The environment named in Sentry."),
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
