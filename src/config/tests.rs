//! The settings as a person gives them, and what they are told.

use super::*;
use crate::domain::Usd;
use secrecy::ExposeSecret;
use std::collections::HashMap;
use std::time::Duration;

const JWT: &str = r#"{"type":"HS256","key":"0123456789abcdef0123456789abcdef"}"#;

/// What is needed, and `more`.
fn read(more: &[(&str, &str)]) -> Result<Config, Problems> {
    let needed = [("DATABASE_URL", "postgres://u:p@127.0.0.1/db"), ("SOCIAL_MEDIA_ENCRYPTION_KEY", "k")];
    let all: HashMap<&str, &str> = needed.iter().chain(more).copied().collect();
    Config::from_env(&|name| all.get(name).map(|value| (*value).to_owned()))
}

/// The one problem that `more` makes, as it is printed.
fn problem(more: &[(&str, &str)]) -> String {
    let problems = read(more).expect_err("a problem");
    assert_eq!(problems.list().len(), 1, "{problems}");
    problems.to_string()
}

#[test]
fn defaults_suffice_beside_what_is_needed() {
    let config = read(&[]).expect("valid");
    assert_eq!(config.database.pool_size, 16);
    assert_eq!(
        config.poll,
        PollConfig { interval: Duration::from_secs(300), floor: Duration::from_secs(60), concurrency: 64 }
    );
    assert_eq!(config.web.listen.to_string(), "127.0.0.1:8095");
    assert!(config.web.graphiql, "on for loopback");
    assert_eq!(config.auth.admin_roles, ["admin", "owner"]);
    assert_eq!(config.auth.session_cookies, ["nchat-session", "nhostSession"]);
    assert_eq!(config.default_source_account, "primary");
    assert!(config.twitter.is_none() && config.instagram.is_none() && config.linkedin.is_none());
    assert_eq!(config.log, LogConfig { filter: "info".into(), format: LogFormat::Auto });
    assert_eq!(config.warnings().len(), 2, "nobody may call, nothing can be connected: {:?}", config.warnings());
}

#[test]
fn the_channel_for_alerts_is_an_id() {
    let id = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    let channel = |value| read(&[("SOCIAL_ALERT_CHANNEL", value)]).expect("valid").alerts.channel;
    assert_eq!((channel(id).map(|id| id.to_string()).as_deref(), channel("")), (Some(id), None));
    let told = problem(&[("SOCIAL_ALERT_CHANNEL", "#alerts")]);
    assert!(told.contains("SOCIAL_ALERT_CHANNEL") && told.contains("a uuid"), "{told}");
}

#[test]
fn all_problems_come_at_once_in_order() {
    let env = |name: &str| {
        let value = match name {
            "NEXT_PUBLIC_APP_URL" => "chat.example.com",
            "SOCIAL_LISTEN" => "8095",
            "SOCIAL_POLL_CONCURRENCY" => "0",
            "TWITTER_API_URL" => "http://api.x.com",
            "LINKEDIN_VERSION" => "v2",
            "SOCIAL_LOG_FORMAT" => "xml",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let problems = Config::from_env(&env).expect_err("problems");
    assert_eq!(
        problems.names(),
        [
            "DATABASE_URL",
            "SOCIAL_MEDIA_ENCRYPTION_KEY",
            "SOCIAL_LISTEN",
            "NEXT_PUBLIC_APP_URL",
            "SOCIAL_POLL_CONCURRENCY",
            "TWITTER_API_URL",
            "LINKEDIN_VERSION",
            "SOCIAL_LOG_FORMAT"
        ]
    );
    assert!(
        problems
            .to_string()
            .contains(r#"SOCIAL_POLL_CONCURRENCY="0" must be a whole number of accounts from 1 to 1024"#)
    );
}

#[test]
fn numbers_stay_in_their_range() {
    for value in ["59", "86401", "-1", "5m", "1e3", "99999999999999999999"] {
        assert!(problem(&[("SOCIAL_POLL_INTERVAL", value)]).contains("from 60 to 86400"), "{value}");
    }
    assert_eq!(read(&[("SOCIAL_POLL_INTERVAL", " 60 ")]).expect("valid").poll.interval, Duration::from_secs(60));
}

#[test]
fn an_empty_value_counts_as_none() {
    let config = read(&[("SOCIAL_POLL_INTERVAL", ""), ("TWITTER_CLIENT_ID", " "), ("TWITTER_CLIENT_SECRET", "")]);
    let config = config.expect("valid");
    assert_eq!(config.poll.interval, Duration::from_secs(300));
    assert!(config.twitter.is_none());
}

#[test]
fn addresses_are_https_or_on_this_machine() {
    for good in [
        "https://chat.example.com",
        "https://x.example:8443/chat/",
        "http://localhost:3000",
        "http://[::1]:1/",
        "http://127.0.0.7",
    ] {
        read(&[("NEXT_PUBLIC_APP_URL", good)]).unwrap_or_else(|problems| panic!("{good}: {problems}"));
    }
    for bad in [
        "http://chat.example.com",
        "ftp://chat.example.com",
        "/admin",
        "https://",
        "https://a/?b",
        "https://a/#b",
        "http://localhost.example.com",
    ] {
        assert!(problem(&[("NEXT_PUBLIC_APP_URL", bad)]).starts_with("NEXT_PUBLIC_APP_URL"), "{bad}");
    }
    let told = problem(&[("INSTAGRAM_GRAPH_URL", "https://me:hunter2@graph.example.com")]);
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn links_never_double_a_slash() {
    for (base, link) in [
        ("https://chat.example.com", "https://chat.example.com/admin/social"),
        ("https://chat.example.com/", "https://chat.example.com/admin/social"),
        ("https://example.com/chat//", "https://example.com/chat/admin/social"),
    ] {
        assert_eq!(read(&[("NEXT_PUBLIC_APP_URL", base)]).expect("valid").web.link("/admin/social"), link);
    }
}

#[test]
fn the_explorer_is_off_where_others_listen_unless_asked_for() {
    let open = [("SOCIAL_LISTEN", "0.0.0.0:80"), ("NEXT_PUBLIC_APP_URL", "https://chat.example.com")];
    assert!(!read(&open).expect("valid").web.graphiql);
    let asked = read(&[open[0], open[1], ("SOCIAL_GRAPHIQL", "true")]).expect("valid");
    assert!(asked.web.graphiql);
    assert!(asked.warnings().iter().any(|warning| warning.contains("SOCIAL_GRAPHIQL")));
    assert!(problem(&[("SOCIAL_GRAPHIQL", "maybe")]).contains("true or false"));
}

#[test]
fn a_platform_needs_both_halves() {
    for (given, missing) in [
        ("INSTAGRAM_APP_ID", "INSTAGRAM_APP_SECRET"),
        ("INSTAGRAM_APP_SECRET", "INSTAGRAM_APP_ID"),
        ("LINKEDIN_CLIENT_ID", "LINKEDIN_CLIENT_SECRET"),
        ("LINKEDIN_CLIENT_SECRET", "LINKEDIN_CLIENT_ID"),
        ("TWITTER_CLIENT_SECRET", "TWITTER_CLIENT_ID"),
        ("TWITTER_BEARER_TOKEN", "TWITTER_CLIENT_ID"),
    ] {
        let told = problem(&[(given, "canary")]);
        assert!(told.starts_with(missing) && told.contains(given) && !told.contains("canary"), "{told}");
    }
    let public = read(&[("TWITTER_CLIENT_ID", "id")]).expect("X has public clients").twitter.expect("on");
    assert!(public.client_secret.is_none());
    assert_eq!(public.token_url.as_str(), "https://api.x.com/2/oauth2/token");
    let linkedin = [("LINKEDIN_CLIENT_ID", "id"), ("LINKEDIN_CLIENT_SECRET", "s"), ("LINKEDIN_SCOPES", "a, b")];
    assert_eq!(read(&linkedin).expect("valid").linkedin.expect("on").scopes, ["a", "b"]);
}

/// What the settings of Instagram make of the program.
fn instagram(more: &[(&str, &str)]) -> InstagramConfig {
    read(more).unwrap_or_else(|problems| panic!("{problems}")).instagram.expect("on")
}

#[test]
fn instagram_has_two_logins() {
    let direct = [("INSTAGRAM_APP_ID", "ig"), ("INSTAGRAM_APP_SECRET", "ig-secret")];
    let facebook = [("FACEBOOK_APP_ID", "fb"), ("FACEBOOK_APP_SECRET", "fb-secret")];
    let through_facebook = ("INSTAGRAM_LOGIN", "facebook");
    let secrets = |config: &InstagramConfig| {
        config.app_secrets.iter().map(|secret| secret.expose_secret().to_owned()).collect::<Vec<_>>()
    };

    let config = instagram(&direct);
    assert!(matches!(&config.login, InstagramLogin::Instagram(app) if app.app_id == "ig"), "{config:?}");
    assert!(config.facebook.is_none());
    assert_eq!(secrets(&config), ["ig-secret"]);
    assert_eq!(config.token_host().as_str(), "https://api.instagram.com/oauth/access_token");

    let config = instagram(&[facebook[0], facebook[1], through_facebook, ("FACEBOOK_CONFIG_ID", "7")]);
    let InstagramLogin::Facebook(app) = &config.login else { panic!("{config:?}") };
    assert_eq!((app.app_id.as_str(), app.config_id.as_deref()), ("fb", Some("7")));
    assert_eq!(app.authorize_url.as_str(), "https://www.facebook.com/v26.0/dialog/oauth");
    assert_eq!(config.token_host().as_str(), "https://graph.facebook.com/");
    assert_eq!(config.graph_url.as_str(), "https://graph.instagram.com/", "for accounts connected before");
    assert_eq!(secrets(&config), ["fb-secret"]);

    // Both apps: one connects, the other's accounts are read on.
    let both = [direct[0], direct[1], facebook[0], facebook[1]];
    let config = instagram(&both);
    assert!(matches!(config.login, InstagramLogin::Instagram(_)) && config.facebook.is_some());
    assert_eq!(secrets(&config), ["ig-secret", "fb-secret"]);
    // The secret alone is there for Meta's signatures.
    let config = instagram(&[direct[0], direct[1], facebook[1]]);
    assert!(config.facebook.is_none());
    assert_eq!(secrets(&config), ["ig-secret", "fb-secret"]);
    assert!(!format!("{config:?}").contains("-secret\""));

    assert!(read(&[through_facebook]).expect("off").instagram.is_none());
    for (given, missing, told) in [
        (&[facebook[0], through_facebook][..], "FACEBOOK_APP_SECRET", "beside FACEBOOK_APP_ID"),
        (&[facebook[0], direct[0], direct[1]], "FACEBOOK_APP_SECRET", "beside FACEBOOK_APP_ID"),
        (&[facebook[1], through_facebook], "FACEBOOK_APP_ID", "beside FACEBOOK_APP_SECRET"),
        (&[facebook[1]], "FACEBOOK_APP_ID", "beside FACEBOOK_APP_SECRET"),
        (&[direct[0], direct[1], through_facebook], "FACEBOOK_APP_ID", "INSTAGRAM_LOGIN=facebook"),
        (&facebook, "INSTAGRAM_APP_ID", "set INSTAGRAM_LOGIN=facebook"),
        (&[("INSTAGRAM_LOGIN", "meta")], "INSTAGRAM_LOGIN", "instagram or facebook"),
    ] {
        let problem = problem(given);
        assert!(problem.starts_with(missing) && problem.contains(told), "{problem}");
        assert!(!problem.contains("-secret"), "{problem}");
    }
    let two = read(&[("INSTAGRAM_LOGIN", "meta"), ("FACEBOOK_GRAPH_URL", "http://graph.facebook.com")]);
    assert_eq!(two.expect_err("two").names(), ["INSTAGRAM_LOGIN", "FACEBOOK_GRAPH_URL"], "all at once");
}

#[test]
fn prices_and_budget_are_exact_sums() {
    let x = |more: &[(&str, &str)]| {
        let all: Vec<_> = [("TWITTER_CLIENT_ID", "id")].into_iter().chain(more.iter().copied()).collect();
        read(&all).map(|config| config.twitter.expect("on"))
    };
    let usual = x(&[]).expect("valid");
    assert_eq!((usual.post_price, usual.user_price, usual.daily_budget), (Usd(5_000), Usd(10_000), None));
    let own = x(&[("SOCIAL_X_POST_PRICE_USD", "0.001"), ("SOCIAL_X_DAILY_BUDGET_USD", "12.5")]).expect("valid");
    assert_eq!((own.post_price, own.daily_budget), (Usd(1_000), Some(Usd(12_500_000))));
    for bad in ["$5", "-1", "0.0000001", "free"] {
        assert!(problem(&[("SOCIAL_X_DAILY_BUDGET_USD", bad)]).contains("a sum in US dollars"), "{bad}");
    }
}

#[test]
fn linkedins_tier_is_the_small_one_unless_set() {
    let linkedin = [("LINKEDIN_CLIENT_ID", "id"), ("LINKEDIN_CLIENT_SECRET", "s")];
    let tier = |more: &[(&str, &str)]| {
        let all: Vec<_> = linkedin.iter().chain(more).copied().collect();
        read(&all).expect("valid").linkedin.expect("on").tier
    };
    assert_eq!(tier(&[]), platforms::LinkedinTier::Development);
    assert_eq!(tier(&[("LINKEDIN_TIER", "standard")]), platforms::LinkedinTier::Standard);
    assert!(problem(&[("LINKEDIN_TIER", "gold")]).contains("development or standard"));
}

#[test]
fn hasuras_jwt_setting_is_understood() {
    let plain = read(&[("HASURA_GRAPHQL_JWT_SECRET", JWT)]).expect("valid").auth.jwt.expect("set");
    assert_eq!(plain.claims, ClaimsPlace::Namespace("https://hasura.io/jwt/claims".into()));
    assert_eq!((plain.claims_format, plain.audience.len(), plain.issuer), (ClaimsFormat::Json, 0, None));

    let full = JWT.replace(
        '}',
        r#","claims_namespace":"ns","claims_format":"stringified_json","audience":"a","issuer":"i","allowed_skew":5,"header":{"type":"Authorization"}}"#,
    );
    let full = read(&[("HASURA_GRAPHQL_JWT_SECRET", &full)]).expect("valid").auth.jwt.expect("set");
    assert_eq!(full.claims, ClaimsPlace::Namespace("ns".into()));
    assert_eq!((full.claims_format, &full.header, &full.cookie), (ClaimsFormat::StringifiedJson, &None, &None));
    assert_eq!((full.audience, full.issuer.as_deref()), (vec!["a".to_owned()], Some("i")));
    assert_eq!(full.allowed_skew, Duration::from_secs(5));

    let with = |more: &str| {
        let text = JWT.replace('}', &format!(",{more}}}"));
        read(&[("HASURA_GRAPHQL_JWT_SECRET", &text)]).expect("valid").auth.jwt.expect("set")
    };
    let path = with(r#""claims_namespace_path":"$.a['b']""#).claims;
    assert_eq!(path, ClaimsPlace::Path(JsonPath::parse("$.a.b").expect("a path")));
    let map = with(r#""claims_map":{"x-hasura-default-role":"user","x-hasura-allowed-roles":{"path":"$.r"}}"#).claims;
    assert!(matches!(map, ClaimsPlace::Map(sources) if sources.len() == 2));
    assert_eq!(with(r#""header":{"type":"Cookie","name":"c"}"#).cookie.as_deref(), Some("c"));
    assert_eq!(with(r#""header":{"type":"CustomHeader","name":"X-Token"}"#).header.as_deref(), Some("x-token"));

    let key = "0123456789abcdef0123456789abcdef";
    let long = format!(r#"{{"type":"HS512","key":"{key}"}}"#);
    let two = format!(r#"{{"type":"HS256","key":"{key}","claims_namespace":"a","claims_namespace_path":"$"}}"#);
    for (bad, told) in [
        ("canary", "must be JSON"),
        (r#"{"type":"RS256","key":"canary"}"#, "public key as PEM"),
        (r#"{"type":"none","key":"canary"}"#, "must have one of these"),
        (r#"{"type":"ES512","key":"canary"}"#, "must have one of these"),
        (r#"{"key":"canary"}"#, "must have one of these"),
        (r#"{"jwk_url":"https://canary.example"}"#, "give the key itself"),
        (r#"{"type":"HS256"}"#, "has no \"key\""),
        (r#"{"type":"HS256","key":"canary"}"#, "at least 32 characters"),
        (long.as_str(), "at least 64 characters"),
        (two.as_str(), "only one of"),
        (r#"{"type":"HS256","key":"0123456789abcdef0123456789abcdef","claims_map":{"canary":1}}"#, "claims_map"),
        (r#"{"type":"HS256","key":"0123456789abcdef0123456789abcdef","audience":{"canary":1}}"#, "must be JSON"),
        (r#"{"type":"HS256","key":"0123456789abcdef0123456789abcdef","header":{"type":"canary"}}"#, "must be JSON"),
    ] {
        let problem = problem(&[("HASURA_GRAPHQL_JWT_SECRET", bad)]);
        assert!(problem.contains(told) && !problem.contains("canary"), "{problem}");
    }
}

#[test]
fn origins_are_named_one_by_one() {
    let origins = |text: &str| read(&[("SOCIAL_CORS_ORIGINS", text)]).expect("valid").web.cors_origins;
    assert!(read(&[]).expect("valid").web.cors_origins.is_empty());
    assert_eq!(origins("https://a.example, http://b.example:8080"), ["https://a.example", "http://b.example:8080"]);
    for bad in [
        "*",
        "null",
        "https://a.example/",
        "https://a.example/x",
        "HTTPS://a.example",
        "https://*.a.example",
        "https://a.example:443",
        "a.example",
        "https://canary@a.example",
    ] {
        let told = problem(&[("SOCIAL_CORS_ORIGINS", bad)]);
        assert!(told.starts_with("SOCIAL_CORS_ORIGINS") && !told.contains("canary"), "{told}");
    }
    assert!(problem(&[("SOCIAL_METRICS_LISTEN", "9464")]).contains("127.0.0.1:9464"));
    let open = read(&[("SOCIAL_METRICS_LISTEN", "0.0.0.0:9464")]).expect("valid");
    assert!(open.warnings().iter().any(|warning| warning.contains("SOCIAL_METRICS_LISTEN")));
}

#[test]
fn short_secrets_are_refused_and_not_shown() {
    let told = problem(&[("NCHAT_SOCIAL_SHARED_SECRET", "canary")]);
    assert_eq!(told, "NCHAT_SOCIAL_SHARED_SECRET must have at least 16 characters");
    let told = problem(&[("SOCIAL_ADMIN_TOKEN", "canary-canary-canary-canary")]);
    assert_eq!(told, "SOCIAL_ADMIN_TOKEN must have at least 32 characters");
    let told = problem(&[("DATABASE_URL", "mysql://canary@h/d")]);
    assert!(told.starts_with("DATABASE_URL must be an address of Postgres") && !told.contains("canary"), "{told}");
}

#[test]
fn a_secret_may_come_from_a_file() {
    let folder = std::env::temp_dir().join(format!("nchat-social-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    };
    let good = path("good", "0123456789abcdef\n");
    let config = read(&[("NCHAT_SOCIAL_SHARED_SECRET_FILE", &good)]).expect("valid");
    assert_eq!(config.auth.shared_secret.expect("set").expose_secret(), "0123456789abcdef");

    let both = problem(&[("NCHAT_SOCIAL_SHARED_SECRET_FILE", &good), ("NCHAT_SOCIAL_SHARED_SECRET", "canary")]);
    assert!(both.contains("are both set") && !both.contains("canary"), "{both}");
    assert!(problem(&[("TWITTER_CLIENT_SECRET_FILE", &path("empty", "\n"))]).contains("names an empty file"));
    assert!(problem(&[("TWITTER_CLIENT_SECRET_FILE", &path("large", &"x".repeat(70_000)))]).contains("too large"));
    assert!(problem(&[("TWITTER_CLIENT_SECRET_FILE", "/nonexistent/file")]).contains("cannot be read"));
    // Only secrets: elsewhere NAME_FILE means nothing.
    assert!(read(&[("TWITTER_CLIENT_ID_FILE", "/nonexistent/file")]).expect("valid").twitter.is_none());
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn descriptions_name_the_source_and_hide_secrets() {
    let env = |name: &str| match name {
        "DATABASE_URL" => Some("postgres://u:canary@h/d".to_owned()),
        "SOCIAL_LISTEN" => Some("nonsense".to_owned()),
        "TWITTER_API_URL" => Some("https://u:canary@h/".to_owned()),
        "LINKEDIN_CLIENT_SECRET_FILE" => Some("/nonexistent/file".to_owned()),
        _ => None,
    };
    let described = describe(&env);
    let of = |name: &str| described.iter().find(|line| line.name == name).expect("listed");
    assert_eq!(described.len(), SETTINGS.len());
    assert_eq!((of("DATABASE_URL").value.as_str(), &of("DATABASE_URL").source), ("set", &Source::Variable));
    assert_eq!(of("SOCIAL_LISTEN").value, "nonsense");
    assert_eq!((of("SOCIAL_LOG").value.as_str(), &of("SOCIAL_LOG").source), ("info", &Source::Default));
    assert_eq!((of("TWITTER_CLIENT_ID").value.as_str(), &of("TWITTER_CLIENT_ID").source), ("not set", &Source::Unset));
    assert!(of("LINKEDIN_CLIENT_SECRET").value.contains("cannot be read"));
    assert!(!format!("{described:?}").contains("canary"));
}

#[test]
fn debug_output_hides_secrets() {
    let config = read(&[
        ("DATABASE_URL", "postgres://u:canary@h/d"),
        ("SOCIAL_MEDIA_ENCRYPTION_KEY", "canary"),
        ("NCHAT_SOCIAL_SHARED_SECRET", "canary-canary-canary"),
        ("HASURA_GRAPHQL_JWT_SECRET", &JWT.replace("0123", "canary")),
        ("TWITTER_CLIENT_ID", "id"),
        ("TWITTER_CLIENT_SECRET", "canary"),
        ("TWITTER_BEARER_TOKEN", "canary"),
        ("SOCIAL_ADMIN_TOKEN", "canary-canary-canary-canary-canary"),
        ("SENTRY_DSN", "https://canary@sentry.example/1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "key=canary"),
    ]);
    assert!(!format!("{:?}", config.expect("valid")).contains("canary"));
}

#[test]
fn every_setting_is_listed_once_and_read() {
    let mut names: Vec<_> = SETTINGS.iter().map(|setting| setting.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SETTINGS.len());

    let asked = std::cell::RefCell::new(std::collections::HashSet::new());
    let ask = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        None
    };
    let _ = Config::from_env(&ask);
    let _ = HasuraConfig::from_env(&ask);
    for setting in SETTINGS {
        assert!(asked.borrow().contains(setting.name), "{} is listed, but nothing reads it", setting.name);
    }
}

#[test]
fn env_example_explains_every_setting() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/.env.example");
    let written = std::fs::read_to_string(path).expect("a readable .env.example");
    let expected = example();
    assert!(written == expected, ".env.example differs from config/settings.rs; it should be:\n{expected}");
}
