//! What differs between Meta's two logins to Instagram, as far as it is data. The media, their shape and most refusals
//! are the same. `<https://developers.facebook.com/docs/instagram-platform/overview>`

/// The words of a login.
#[derive(Debug)]
pub(super) struct Flavour {
    /// The permission without which no post can be read.
    pub read_scope: &'static str,
    /// The setting with the app's id.
    pub app_id: &'static str,
    /// The setting with the app's secret.
    pub app_secret: &'static str,
    /// Where people gave their consent, and take it back.
    pub place: &'static str,
}

/// Instagram API with Instagram Login.
pub(super) static INSTAGRAM: Flavour = Flavour {
    read_scope: "instagram_business_basic",
    app_id: "INSTAGRAM_APP_ID",
    app_secret: "INSTAGRAM_APP_SECRET",
    place: "Instagram",
};

/// Instagram API with Facebook Login.
pub(super) static FACEBOOK: Flavour = Flavour {
    read_scope: "instagram_basic",
    app_id: "FACEBOOK_APP_ID",
    app_secret: "FACEBOOK_APP_SECRET",
    place: "Facebook",
};
