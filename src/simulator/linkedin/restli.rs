//! Rest.li 2.0.0 queries: syntax characters raw, everything inside a value percent-encoded.
//! `<https://learn.microsoft.com/linkedin/shared/api-guide/concepts/protocol-version>`

use super::refusal::Refusal;
use percent_encoding::percent_decode_str;

/// A call's query, values still as they came over the wire.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pairs: Vec<(String, String)>,
    /// Whether the call said `X-Restli-Protocol-Version: 2.0.0`; without it there are no lists.
    protocol_2: bool,
}

impl Query {
    /// Splits `raw`, decoding nothing but the names.
    pub fn parse(raw: &str, protocol_2: bool) -> Self {
        let pairs = raw.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode_str(name).decode_utf8_lossy().into_owned(), value.to_owned())
        });
        Self { pairs: pairs.collect(), protocol_2 }
    }

    /// Names and raw values, as they came.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// Whether the parameter was given, with any value.
    pub fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// A plain value.
    pub fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        if !self.protocol_2 {
            return decode(&raw.replace('+', " ")).map(Some);
        }
        primitive(raw).map(Some).map_err(|()| unreadable(name))
    }

    /// A plain value that must be there.
    pub fn need_text(&self, name: &str) -> Result<String, Refusal> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| Refusal::missing_field(name))
    }

    /// A number from 0 up.
    pub fn number(&self, name: &str) -> Result<Option<usize>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Refusal::illegal(format!("Parameter '{name}' is not a valid number")))
    }

    /// `List(a,b)`. `List%28a%2Cb%29` is a plain value to Rest.li, so it is refused here.
    pub fn list(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        if !self.protocol_2 {
            let message = format!("Parameter '{name}' is invalid in Rest.li protocol 1.0.0");
            return Err(Refusal::illegal(message));
        }
        let Some(inside) = raw.strip_prefix("List(").and_then(|rest| rest.strip_suffix(')')) else {
            return Err(unreadable(name));
        };
        if inside.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let members = inside.split(',').map(|member| match member {
            "" => Err(()),
            member => primitive(member),
        });
        members.collect::<Result<_, ()>>().map(Some).map_err(|()| unreadable(name))
    }

    /// Refuses a parameter that the resource does not know. `fields` is known everywhere.
    pub fn allow_only(&self, known: &[&str]) -> Result<(), Refusal> {
        let stranger = self.pairs.iter().find(|(name, _)| name != "fields" && !known.contains(&name.as_str()));
        stranger.map_or(Ok(()), |(name, _)| Err(Refusal::param_not_allowed(name)))
    }

    /// `fields=a,b`: its commas are syntax.
    pub fn fields(&self) -> Option<Vec<String>> {
        let raw = self.raw("fields")?.replace("%2C", ",");
        Some(raw.split(',').map(|field| percent_decode_str(field).decode_utf8_lossy().into_owned()).collect())
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A path segment that names an entity: encoded like every other value.
pub(super) fn path_key(raw: &str) -> Result<String, Refusal> {
    primitive(raw).map_err(|()| unreadable("id"))
}

/// One value; the syntax characters must be encoded inside it, `''` is the empty string.
fn primitive(raw: &str) -> Result<String, ()> {
    if raw == "''" {
        return Ok(String::new());
    }
    if raw.contains(['(', ')', ',', ':', '\'']) {
        return Err(());
    }
    decode(&raw.replace('+', " ")).map_err(|_| ())
}

fn decode(raw: &str) -> Result<String, Refusal> {
    let decoded = percent_decode_str(raw).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| Refusal::illegal("Query is not UTF-8"))
}

fn unreadable(name: &str) -> Refusal {
    Refusal::illegal(format!("Invalid value for param; wrong type or syntax. Param: {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(raw: &str) -> Result<Option<Vec<String>>, u16> {
        Query::parse(&format!("ids={raw}"), true).list("ids").map_err(|refusal| refusal.status)
    }

    #[test]
    fn lists_stay_raw_around_encoded_values() {
        let two = vec!["urn:li:share:1".to_owned(), "urn:li:comment:(urn:li:activity:1,2)".to_owned()];
        assert_eq!(
            list("List(urn%3Ali%3Ashare%3A1,urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A1%2C2%29)"),
            Ok(Some(two))
        );
        assert_eq!(list("List()"), Ok(Some(vec![])));
        assert_eq!(list("List('')"), Ok(Some(vec![String::new()])));
    }

    #[test]
    fn broken_lists_are_refused() {
        for raw in [
            "List%28urn%3Ali%3Ashare%3A1%29",
            "List(urn:li:share:1)",
            "List(a,)",
            "List(a",
            "List(%FF)",
            "urn%3Ali%3Ashare%3A1",
        ] {
            assert_eq!(list(raw), Err(400), "{raw}");
        }
    }

    #[test]
    fn a_list_needs_the_protocol_header() {
        assert!(Query::parse("ids=List(1)", false).list("ids").is_err());
        assert!(Query::parse("ids=List(1)", true).list("ids").is_ok());
    }

    #[test]
    fn plain_values_are_decoded_and_syntax_inside_is_refused() {
        let query = Query::parse("author=urn%3Ali%3Aorganization%3A1&start=10&name=d%C3%A9j%C3%A0%20vu", true);
        assert_eq!(query.text("author"), Ok(Some("urn:li:organization:1".into())));
        assert_eq!(query.text("name"), Ok(Some("déjà vu".into())));
        assert_eq!(query.number("start"), Ok(Some(10)));
        assert_eq!(query.number("count"), Ok(None));
        assert!(Query::parse("author=urn:li:organization:1", true).text("author").is_err());
        assert!(Query::parse("author=urn:li:organization:1", false).text("author").is_ok());
        assert!(Query::parse("start=-1", true).number("start").is_err());
    }

    #[test]
    fn strangers_are_refused() {
        let query = Query::parse("q=author&since=5", true);
        assert_eq!(query.allow_only(&["q"]).map_err(|refusal| refusal.status), Err(400));
        assert_eq!(query.allow_only(&["q", "since"]), Ok(()));
    }
}
