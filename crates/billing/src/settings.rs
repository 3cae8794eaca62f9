//! The variables that billing is run with.

use crate::estimate_id::Signer;
use crate::origins::Origins;
pub use crate::patience::Deadlines;
use crate::refusal::Refusal;
use farebox_access::{Enforcement, MasterKeys};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// How far a caller's clock may be from ours at most, in seconds: the widest that the window can be set to.
pub const MOST_CLOCK_WINDOW_S: u32 = 3_600;

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
    /// Whether requests have to be signed.
    pub signatures: Enforcement,
    /// How far a caller's clock may be from ours, in seconds.
    pub clock_window_s: u32,
    /// What opens the document of keys. Always there when requests have to be signed.
    pub master_keys: Option<MasterKeys>,
    /// What the host says that asks for jobs on a timer. Without one nobody is let in by it.
    pub timers_key: Option<TimersKey>,
}

/// What a host says when it asks on a timer: a secret between it and what it runs.
#[derive(Clone)]
pub struct TimersKey([u8; 32]);

impl TimersKey {
    fn new(key: &str) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// Whether this is what the host says. How long that takes says nothing of it.
    pub fn is(&self, said: &str) -> bool {
        self.0 == Self::new(said).0
    }
}

/// The variables that [`Settings::parse`] asks for.
pub const VARIABLES: [&str; 12] = [
    "quote_ttl_s",
    "store_read_deadline_ms",
    "store_write_deadline_ms",
    "store_budget_ms",
    "signing_key",
    "previous_signing_keys",
    "cors_origins",
    "signatures",
    "clock_window_s",
    "master_key",
    "previous_master_keys",
    "timers_key",
];

/// The signing key that spin.toml falls back to. It is public, so whoever reads it can forge estimates.
pub const DEVELOPMENT_KEY: &str = "development-key-not-for-production";

/// How long a signing key has to be, in bytes: what its HMAC-SHA256 makes no stronger by being longer.
pub const SIGNING_KEY_BYTES: usize = 32;

impl Settings {
    /// Reads the values of [`VARIABLES`], in that order.
    ///
    /// # Errors
    ///
    /// `config-invalid`; the log names every variable that is wrong.
    pub fn parse(
        [
            quote_ttl,
            read_deadline,
            write_deadline,
            budget,
            signing_key,
            previous,
            origins,
            signatures,
            clock_window,
            master_key,
            previous_master_keys,
            timers_key,
        ]: &[String; VARIABLES.len()],
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
        let clock_window_s = number("clock_window_s", clock_window, 1, MOST_CLOCK_WINDOW_S);
        let signer = Signer::new(signing_key.as_bytes()).filter(|_| signing_key.len() >= SIGNING_KEY_BYTES);
        if signer.is_none() {
            let length = signing_key.len();
            wrong.push(format!(
                "variable signing_key has {length} bytes; it has to be a secret of at least {SIGNING_KEY_BYTES}, such as \
                 `openssl rand -base64 32` prints"
            ));
        }
        // These only verify what they have signed before, which was allowed to be shorter.
        let previous = previous.split_whitespace().filter_map(|key| Signer::new(key.as_bytes()));
        let signer = signer.map(|signer| previous.fold(signer, |signer, previous| signer.after(&previous)));
        let cors_origins = Origins::parse(origins).unwrap_or_else(|why| {
            wrong.push(format!("variable cors_origins is wrong: {why}"));
            Origins::Nobody
        });
        let signatures = match signatures.trim() {
            "off" => Enforcement::Off,
            "required" => Enforcement::On,
            other => {
                wrong.push(format!("variable signatures is {other:?}; it has to be off or required"));
                Enforcement::On
            }
        };
        let master_keys = master_keys(master_key, previous_master_keys, signatures).unwrap_or_else(|why| {
            wrong.push(why);
            None
        });
        if !timers_key.is_empty() && timers_key.len() < SIGNING_KEY_BYTES {
            let length = timers_key.len();
            wrong.push(format!(
                "variable timers_key has {length} bytes; it has to be empty, or a secret of at least {SIGNING_KEY_BYTES}"
            ));
        }
        let timers_key = Some(timers_key).filter(|key| !key.is_empty()).map(|key| TimersKey::new(key));
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
                signatures,
                clock_window_s,
                master_keys,
                timers_key,
            }),
            _ => Err(Refusal::misconfigured(wrong.join("; "))),
        }
    }
}

/// The master keys, if there are any; or which variable is wrong, and nothing of what it says.
fn master_keys(current: &str, previous: &str, signatures: Enforcement) -> Result<Option<MasterKeys>, String> {
    if current.trim().is_empty() && previous.trim().is_empty() && signatures == Enforcement::Off {
        return Ok(None);
    }
    MasterKeys::parse(("variable master_key", current), ("variable previous_master_keys: one", previous)).map(Some)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::refusal::Code;

    const KEY: &str = "a signing key of thirty-two bytes";

    fn parse(values: [&str; 7]) -> Result<Settings, Refusal> {
        parse_all(values, ["off", "300", "", ""])
    }

    fn parse_all(values: [&str; 7], of_signatures: [&str; 4]) -> Result<Settings, Refusal> {
        let mut all: [String; VARIABLES.len()] = Default::default();
        for (to, value) in all.iter_mut().zip(values.into_iter().chain(of_signatures)) {
            value.clone_into(to);
        }
        Settings::parse(&all)
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
        let settings = parse(["900", "60", "250", "1000", KEY, "short", "*"]).unwrap();
        assert_eq!((settings.quote_ttl_s, settings.cors_origins), (900, Origins::Everybody));
        let [read, write, request] = [60, 250, 1000].map(Duration::from_millis);
        assert_eq!(settings.deadlines, Deadlines { read, write, request });
        assert_eq!(parse(["0", "1", "1", "1", KEY, "", ""]).unwrap().quote_ttl_s, 0);

        let wrong = parse_all(["-1", "0", "soon", "1.5", "", "", "example.com"], ["maybe", "0", "", ""]);
        let refusal = wrong.map(|_| ()).unwrap_err();
        // Callers are told that it is none of their doing, and nothing of a variable.
        assert_eq!((refusal.code, refusal.detail.contains("variable")), (Code::ConfigInvalid, false), "{refusal:?}");
        assert!(refusal.detail.starts_with("the service is misconfigured"), "{refusal:?}");
        let log = refusal.log.unwrap();
        // There may be any number of previous keys.
        for name in VARIABLES.iter().filter(|name| !name.starts_with("previous_") && **name != "timers_key") {
            assert!(log.contains(name), "{name}: {log}");
        }
        let mut all = ["900", "60", "250", "1000", KEY, "", "", "off", "300", "", "", "hunter3"].map(str::to_owned);
        let log = Settings::parse(&all).map(|_| ()).unwrap_err().log.unwrap();
        assert!(log.contains("variable timers_key has 7 bytes") && !log.contains("hunter"), "{log}");
        all[11] = "what the host says on its timers, and nobody else".to_owned();
        let key = Settings::parse(&all).unwrap().timers_key.unwrap();
        assert!(key.is(&all[11]) && !key.is("") && !key.is("what the host says on its timers, and nobody"));
        let log = parse(["900", "60", "250", "1000", "hunter2", "hunter1", ""]).map(|_| ()).unwrap_err().log.unwrap();
        assert!(log.contains("variable signing_key has 7 bytes") && !log.contains("hunter"), "{log}");
    }

    /// Signatures are required with a master key only; a master key that is none is told by the name of its variable, and is
    /// never logged.
    #[test]
    fn signatures() {
        const MASTER: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
        let good = ["900", "60", "250", "1000", KEY, "", ""];
        for (values, expected) in [
            (["off", "300", "", ""], Ok((Enforcement::Off, 300, None))),
            (["off", "300", MASTER, ""], Ok((Enforcement::Off, 300, Some(0)))),
            (["required", "3600", MASTER, ""], Ok((Enforcement::On, 3_600, Some(0)))),
            ([" required\n", "1", MASTER, MASTER], Ok((Enforcement::On, 1, Some(1)))),
            (["required", "300", "", ""], Err("variable master_key ")),
            (["required", "300", "aHVudGVyMg==", ""], Err("variable master_key ")),
            (["off", "300", "hunter2", ""], Err("variable master_key ")),
            (["off", "300", "", MASTER], Err("variable master_key ")),
            (["required", "300", MASTER, "hunter2"], Err("variable previous_master_keys: ")),
            (["on", "300", MASTER, ""], Err("variable signatures ")),
            (["", "300", MASTER, ""], Err("variable signatures ")),
            (["off", "3601", "", ""], Err("variable clock_window_s ")),
            (["off", "0", "", ""], Err("variable clock_window_s ")),
        ] {
            let read = parse_all(good, values).map_err(|refusal| refusal.log.unwrap());
            let read = read.map(|settings| {
                let previous = settings.master_keys.map(|keys| keys.previous.len());
                (settings.signatures, settings.clock_window_s, previous)
            });
            match (read, expected) {
                (Ok(read), Ok(expected)) => assert_eq!(read, expected, "{values:?}"),
                (Err(log), Err(expected)) => {
                    assert!(log.starts_with(expected), "{values:?}: {log}");
                    assert!(!log.contains("hunter") && !log.contains("aHVudGVy") && !log.contains("AQEB"), "{log}");
                }
                (read, _) => panic!("{values:?}: {read:?}"),
            }
        }
    }
}
