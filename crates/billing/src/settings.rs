//! The variables that billing is run with.

use crate::estimate_id::Signer;
use crate::origins::Origins;
pub use crate::patience::Deadlines;
use crate::refusal::Refusal;
use std::time::Duration;

/// What operators can set. The names and meanings of the variables are in spin.toml.
#[derive(Clone)]
pub struct Settings {
    /// How long the store keeps the details of an estimate, in seconds. Zero: not at all.
    pub quote_ttl_s: u32,
    /// How long the store may be waited for.
    pub deadlines: Deadlines,
    /// Makes and checks estimate identifiers.
    pub signer: Signer,
    /// The origins whose pages may ask from within a browser.
    pub cors_origins: Origins,
    /// Whether the signer's key is [`DEVELOPMENT_KEY`].
    pub signs_with_the_development_key: bool,
}

/// The variables that [`Settings::parse`] asks for.
pub const VARIABLES: [&str; 7] = [
    "quote_ttl_s",
    "store_read_deadline_ms",
    "store_write_deadline_ms",
    "store_budget_ms",
    "signing_key",
    "previous_signing_keys",
    "cors_origins",
];

/// The signing key that spin.toml falls back to. It is public, so whoever reads it can forge estimates.
pub const DEVELOPMENT_KEY: &str = "development-key-not-for-production";

impl Settings {
    /// Reads the values of [`VARIABLES`], in that order.
    ///
    /// # Errors
    ///
    /// `config-invalid`; the log names every variable that is wrong.
    pub fn parse(
        [quote_ttl, read_deadline, write_deadline, budget, signing_key, previous, origins]: &[String; VARIABLES.len()],
    ) -> Result<Self, Refusal> {
        let mut wrong = Vec::new();
        let mut number = |name: &str, text: &str, least: u32, most: u32| {
            let value = text.trim().parse().ok().filter(|value| (least..=most).contains(value));
            value.unwrap_or_else(|| {
                wrong.push(format!("variable {name} is {text:?}; it has to be a whole number from {least} to {most}"));
                0
            })
        };
        let quote_ttl_s = number("quote_ttl_s", quote_ttl, 0, 86_400);
        let read_ms = number("store_read_deadline_ms", read_deadline, 1, 60_000);
        let write_ms = number("store_write_deadline_ms", write_deadline, 1, 60_000);
        let budget_ms = number("store_budget_ms", budget, 1, 600_000);
        let signer = Signer::new(signing_key.as_bytes());
        if signer.is_none() {
            wrong.push("variable signing_key is empty; it has to be a secret".to_owned());
        }
        let previous = previous.split_whitespace().filter_map(|key| Signer::new(key.as_bytes()));
        let signer = signer.map(|signer| previous.fold(signer, |signer, previous| signer.after(&previous)));
        let cors_origins = Origins::parse(origins).unwrap_or_else(|why| {
            wrong.push(format!("variable cors_origins is wrong: {why}"));
            Origins::Nobody
        });
        match signer {
            Some(signer) if wrong.is_empty() => Ok(Self {
                quote_ttl_s,
                deadlines: Deadlines {
                    read: Duration::from_millis(read_ms.into()),
                    write: Duration::from_millis(write_ms.into()),
                    request: Duration::from_millis(budget_ms.into()),
                },
                signer,
                cors_origins,
                signs_with_the_development_key: signing_key == DEVELOPMENT_KEY,
            }),
            _ => Err(Refusal::config(wrong.join("; "))),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(values: [&str; 7]) -> Result<Settings, Refusal> {
        Settings::parse(&values.map(str::to_owned))
    }

    /// The key that is warned about is the one that spin.toml falls back to.
    #[test]
    fn the_development_key_is_known() {
        let manifest = include_str!("../../../spin.toml");
        assert!(manifest.contains(&format!("signing_key = {{ default = \"{DEVELOPMENT_KEY}\", secret = true }}")));
    }

    /// Good values are taken as they are; all bad ones are named at once, and a secret is never logged.
    #[test]
    fn variables() {
        let settings = parse(["900", "60", "250", "1000", "secret", "", "*"]).unwrap();
        assert_eq!((settings.quote_ttl_s, settings.cors_origins), (900, Origins::Everybody));
        let [read, write, request] = [60, 250, 1000].map(Duration::from_millis);
        assert_eq!(settings.deadlines, Deadlines { read, write, request });
        assert_eq!(parse(["0", "1", "1", "1", "s", "", ""]).unwrap().quote_ttl_s, 0);

        let log = parse(["-1", "0", "soon", "1.5", "", "", "example.com"]).map(|_| ()).unwrap_err().log.unwrap();
        // There may be any number of previous keys.
        for name in VARIABLES.iter().filter(|name| **name != "previous_signing_keys") {
            assert!(log.contains(name), "{name}: {log}");
        }
        let log = parse(["x", "60", "250", "1000", "hunter2", "hunter1", ""]).map(|_| ()).unwrap_err().log.unwrap();
        assert!(!log.contains("hunter"));
    }
}
