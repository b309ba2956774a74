//! In which of GraphQL's two media types to answer.

use axum::http::{HeaderMap, header};
use std::cmp::Reverse;

/// How an answer is labelled; it decides the status of refused operations too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: what clients got before there was a specification, and what Hasura reads.
    Json,
    /// `application/graphql-response+json`
    GraphqlResponse,
}

impl Media {
    /// The value of Content-Type.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    const fn subtype(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::GraphqlResponse => "graphql-response+json",
        }
    }

    /// What the Accept headers prefer: by weight, then by how exactly they name it, then by order. `None`: neither.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(header::ACCEPT).iter().map(|value| value.to_str().unwrap_or_default());
        let ranges: Vec<Range> = values.flat_map(|value| value.split(',')).filter_map(Range::parse).collect();
        if ranges.is_empty() {
            let is_silent =
                headers.get_all(header::ACCEPT).iter().all(|value| value.as_bytes().trim_ascii().is_empty());
            return is_silent.then_some(Self::Json);
        }
        let weigh = |media: Self| {
            let matching = ranges
                .iter()
                .enumerate()
                .filter_map(|(at, range)| Some((range.fits(media)?, Reverse(at), range.weight)));
            let (exactness, order, weight) = matching.max_by_key(|(exactness, order, _)| (*exactness, *order))?;
            (weight > 0).then_some((weight, exactness, order, media))
        };
        // Json comes last: of equals, max_by_key takes the last.
        let offers = [Self::GraphqlResponse, Self::Json].into_iter().filter_map(weigh);
        offers.max_by_key(|(weight, exactness, order, _)| (*weight, *exactness, *order)).map(|(.., media)| media)
    }
}

/// One element of an Accept header, RFC 9110 §12.5.1.
struct Range {
    kind: String,
    subtype: String,
    /// In thousandths.
    weight: u16,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut weight = 1000;
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            if name.eq_ignore_ascii_case("q") {
                let value: f32 = value.parse().ok().filter(|value| (0.0..=1.0).contains(value))?;
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 1000
                let thousandths = (value * 1000.0).round() as u16;
                weight = thousandths;
            } else if name.eq_ignore_ascii_case("charset") && !value.trim_matches('"').eq_ignore_ascii_case("utf-8") {
                return None;
            }
        }
        Some(Self { kind: kind.to_ascii_lowercase(), subtype: subtype.to_ascii_lowercase(), weight })
    }

    /// How exactly the range names `media`; `None`: not at all.
    fn fits(&self, media: Media) -> Option<u8> {
        match (self.kind.as_str(), self.subtype.as_str()) {
            ("*", "*") => Some(0),
            ("application", "*") => Some(1),
            ("application", subtype) if subtype == media.subtype() => Some(2),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_client_chooses_the_media_type() {
        use Media::{GraphqlResponse as New, Json as Old};
        let cases = [
            ("", Some(Old)),
            ("application/json", Some(Old)),
            ("APPLICATION/JSON", Some(Old)),
            ("application/json; charset=utf-8", Some(Old)),
            ("application/graphql-response+json", Some(New)),
            ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", Some(New)),
            ("application/json, application/graphql-response+json", Some(Old)),
            ("application/json;q=0.5, application/graphql-response+json", Some(New)),
            ("application/json, application/graphql-response+json;q=0.9", Some(Old)),
            ("application/graphql-response+json, application/json;q=0.9, */*;q=0.1", Some(New)),
            ("*/*", Some(Old)),
            ("application/*", Some(Old)),
            ("text/html, */*;q=0.8", Some(Old)),
            ("*/*, application/json;q=0", Some(New)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json; charset=latin1", None),
            ("nonsense", None),
        ];
        for (accept, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(Media::of(&headers), expected, "{accept:?}");
        }
        assert_eq!(Media::of(&HeaderMap::new()), Some(Old), "Hasura sends no Accept");
    }
}
