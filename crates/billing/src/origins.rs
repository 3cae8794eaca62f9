//! The origins whose pages may ask from within a browser, as operators list them.

use std::net::Ipv6Addr;

/// Whose pages may ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    /// Nobody's: browsers let no page of another origin see an answer.
    #[default]
    Nobody,
    /// Everybody's.
    Everybody,
    /// Those of these.
    These(Vec<String>),
}

impl Origins {
    /// Reads a list, separated by white space, or `*`.
    ///
    /// # Errors
    ///
    /// What is no origin, or none that a browser would ever send, and what would be one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut origins: Vec<String> = Vec::new();
        for origin in text.split_whitespace() {
            match wrong(origin) {
                _ if origin == "*" && text.trim() == "*" => return Ok(Self::Everybody),
                None => origins.push(origin.to_owned()),
                Some(why) => {
                    let example = "write * alone, or origins as browsers do, such as https://app.example.com or \
                                   http://localhost:8080, with white space between them";
                    return Err(format!("{origin:?} is no origin: {why}; {example}"));
                }
            }
        }
        Ok(if origins.is_empty() { Self::Nobody } else { Self::These(origins) })
    }

    /// Whether pages of an origin may ask.
    pub fn allow(&self, origin: &str) -> bool {
        match self {
            Self::Nobody => false,
            Self::Everybody => true,
            Self::These(origins) => origins.iter().any(|this| this == origin),
        }
    }
}

/// Why no browser says of a page that this is its origin.
fn wrong(origin: &str) -> Option<&'static str> {
    if origin == "*" {
        return Some("* stands for all, and nothing stands beside it");
    }
    let Some((scheme, host)) = origin.split_once("://") else { return Some("it has no scheme, such as https://") };
    let is_scheme = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
    if !scheme.starts_with(|c: char| c.is_ascii_lowercase()) || !scheme.chars().all(is_scheme) {
        return Some("a scheme is a word in lower case");
    }
    if host.contains(['/', '?', '#']) {
        return Some("nothing follows the host and its port, not even a /");
    }
    // An address of IPv6 stands in brackets, and its colons are no port's.
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (host, None),
    };
    if !is_host(host) {
        return Some("a host is a name in lower case, or an address, that of IPv6 in brackets");
    }
    match port {
        None => None,
        Some(port) if (scheme, port) == ("https", "443") || (scheme, port) == ("http", "80") => {
            Some("browsers leave out the port that the scheme has anyway")
        }
        Some(port) if port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port) => None,
        Some(_) => Some("a port is a number from 1 to 65535"),
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        return address.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    let is_of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
    !host.is_empty() && host.chars().all(is_of_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What browsers send is understood; whatever they would never send is refused, and it is said why.
    #[test]
    fn lists() {
        let these = |origins: &[&str]| Ok(Origins::These(origins.iter().map(|origin| (*origin).to_owned()).collect()));
        for (text, expected) in [
            ("", Ok(Origins::Nobody)),
            ("  \n", Ok(Origins::Nobody)),
            (" * ", Ok(Origins::Everybody)),
            ("https://app.example.com", these(&["https://app.example.com"])),
            ("https://a.example\n http://localhost:8080", these(&["https://a.example", "http://localhost:8080"])),
            ("capacitor://localhost", these(&["capacitor://localhost"])),
            ("http://[::1]:3000 http://[::1]", these(&["http://[::1]:3000", "http://[::1]"])),
            ("http://127.0.0.1:3000", these(&["http://127.0.0.1:3000"])),
            ("* https://a.example", Err("nothing stands beside it")),
            ("a.example", Err("no scheme")),
            ("null", Err("no scheme")),
            ("HTTPS://a.example", Err("lower case")),
            ("://a.example", Err("scheme is a word")),
            ("https://A.example", Err("host is a name")),
            ("https://", Err("host is a name")),
            ("https://user@a.example", Err("host is a name")),
            ("https://*.example", Err("host is a name")),
            ("https://[::1", Err("host is a name")),
            ("https://::1", Err("host is a name")),
            ("https://[::1]a", Err("host is a name")),
            ("https://[::1]]", Err("host is a name")),
            ("https://[a.example]", Err("host is a name")),
            ("https://a[", Err("host is a name")),
            ("https://[::1]:0", Err("1 to 65535")),
            ("https://a.example/", Err("not even a /")),
            ("https://a.example:443", Err("leave out the port")),
            ("http://a.example:80", Err("leave out the port")),
            ("http://a.example:0", Err("1 to 65535")),
            ("http://a.example:08", Err("1 to 65535")),
            ("http://a.example:", Err("1 to 65535")),
            ("https://a.example, https://b.example", Err("host is a name")),
        ] {
            match (Origins::parse(text), expected) {
                (Ok(origins), Ok(expected)) => assert_eq!(origins, expected, "{text}"),
                (Err(error), Err(why)) => assert!(error.contains(why) && error.contains("such as"), "{text}: {error}"),
                (parsed, _) => panic!("{text}: {parsed:?}"),
            }
        }
    }

    /// An origin is allowed as it was listed, to the letter.
    #[test]
    fn origins() {
        let these = Origins::These(vec!["https://a.example".to_owned()]);
        for (origins, origin, expected) in [
            (&these, "https://a.example", true),
            (&these, "https://b.example", false),
            (&these, "https://a.example.b", false),
            (&these, "http://a.example", false),
            (&these, "null", false),
            (&Origins::Everybody, "null", true),
            (&Origins::Nobody, "https://a.example", false),
        ] {
            assert_eq!(origins.allow(origin), expected, "{origins:?} {origin}");
        }
    }
}
