//! Which language to answer in.

use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use unic_langid::LanguageIdentifier;

/// What is used when nothing better is known.
pub const DEFAULT: &str = "zh-CN";

/// The best of `available` for an `Accept-Language` header; [`DEFAULT`], or else the first, when none fits.
pub fn negotiate<'a>(available: &[&'a str], accept_language: Option<&str>) -> Option<&'a str> {
    let fallback = available.iter().find(|locale| **locale == DEFAULT).or(available.first()).copied()?;
    let Some(header) = accept_language else {
        return Some(fallback);
    };
    let requested = requested(header);
    let identifiers: Vec<LanguageIdentifier> = available.iter().filter_map(|locale| locale.parse().ok()).collect();
    let best = negotiate_languages(&requested, &identifiers, None, NegotiationStrategy::Lookup);
    let best = best.first().map(|identifier| identifier.to_string());
    Some(available.iter().find(|locale| Some(**locale) == best.as_deref()).copied().unwrap_or(fallback))
}

/// The languages of an `Accept-Language` header, the most wanted first.
fn requested(header: &str) -> Vec<LanguageIdentifier> {
    let mut wanted: Vec<(u32, LanguageIdentifier)> = header
        .split(',')
        .take(32)
        .filter_map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            Some((thousandths(weight.trim().strip_prefix("q=")?)?, tag.trim().parse().ok()?))
        })
        .filter(|(weight, _)| *weight > 0)
        .collect();
    wanted.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    wanted.into_iter().map(|(_, language)| language).collect()
}

/// A weight such as "0.8", in thousandths.
fn thousandths(weight: &str) -> Option<u32> {
    let (whole, fraction) = weight.trim().split_once('.').unwrap_or((weight.trim(), ""));
    if fraction.len() > 3 || !matches!(whole, "0" | "1") {
        return None;
    }
    format!("{whole}{fraction:0<3}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept_language: &str, expected: &str) {
        let available = ["en-US", "zh-CN"];
        assert_eq!(negotiate(&available, Some(accept_language)), Some(expected), "{accept_language}");
    }

    /// People get their language if there is one, the default if not, and never an error for a strange header.
    #[test]
    fn negotiation() {
        check("en-US,en;q=0.5", "en-US");
        check("en", "en-US");
        check("en-GB", "en-US");
        check("zh", "zh-CN");
        check("zh-Hans-CN", "zh-CN");
        check("zh-TW", "zh-CN");
        check("fr, en;q=0.5", "en-US");
        check("zh;q=0.2, en;q=0.9", "en-US");
        check("en;q=0, fr", "zh-CN");
        check("fr", "zh-CN");
        check("*", "zh-CN");
        check("", "zh-CN");
        check(";;;q=,,\u{0}", "zh-CN");
        assert_eq!(negotiate(&["fr"], None), Some("fr"));
        assert_eq!(negotiate(&[], Some("fr")), None);
    }
}
