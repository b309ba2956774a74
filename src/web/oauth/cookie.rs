//! The cookie that binds a connection to the browser it began in.

use crate::{config::WebConfig, domain::Platform, service::connect::CONNECT_WITHIN};

/// Its name. Without the `__Host-` prefix, which forbids a path.
pub(super) const NAME: &str = "nchat_social_connect";
/// A longer value is none of ours.
pub(super) const MOST_BYTES: usize = 128;

/// Set-Cookie for a browser that leaves for `platform`. Lax, because the platform's redirect back must bring it.
pub(super) fn set(web: &WebConfig, platform: Platform, key: &str) -> String {
    format!("{NAME}={key}; {}; Max-Age={}", attributes(web, platform), CONNECT_WITHIN.num_seconds())
}

/// Set-Cookie for a browser that is back.
pub(super) fn delete(web: &WebConfig, platform: Platform) -> String {
    format!("{NAME}=; {}; Max-Age=0", attributes(web, platform))
}

fn attributes(web: &WebConfig, platform: Platform) -> String {
    let base = web.app_url.path().trim_end_matches('/');
    // http is allowed for loopback only, where some browsers would not keep a Secure cookie.
    let secure = if web.app_url.scheme() == "https" { "; Secure" } else { "" };
    format!("Path={base}/api/social/{platform}; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web(app_url: &str) -> WebConfig {
        let listen = "127.0.0.1:8095".parse().expect("an address");
        let app_url = app_url.parse().expect("a URL");
        WebConfig { listen, app_url, graphiql: false, cors_origins: Vec::new(), metrics_listen: None }
    }

    #[test]
    fn the_cookie_goes_to_one_platforms_routes_for_ten_minutes() {
        assert_eq!(
            set(&web("https://chat.example.com"), Platform::Twitter, "k"),
            "nchat_social_connect=k; Path=/api/social/twitter; HttpOnly; SameSite=Lax; Secure; Max-Age=600"
        );
        assert_eq!(
            set(&web("http://localhost:3000"), Platform::Linkedin, "k"),
            "nchat_social_connect=k; Path=/api/social/linkedin; HttpOnly; SameSite=Lax; Max-Age=600"
        );
        assert_eq!(
            delete(&web("https://example.com/chat"), Platform::Instagram),
            "nchat_social_connect=; Path=/chat/api/social/instagram; HttpOnly; SameSite=Lax; Secure; Max-Age=0"
        );
    }
}
