//! The document of keys, `farebox-keys/1`.
//!
//! Who may what is readable in it, so that people can look at it and compare two of them. The secrets are sealed under the master key of
//! the deployment, and all that is readable is bound to them: a document that was changed by hand does not open.

use crate::entry::{ALL_CITIES, Entry, HeldSecret, MOST_SECRET_BYTES, MOST_SECRETS, SecretText};
use crate::master::{MasterKey, MasterKeys, SEAL_NONCE_BYTES};
use crate::{Keys, Scope};
use farebox_document::{AtMost, Problem, Problems, canonical_json, read_document, read_json, wrong_length};
use farebox_fare::{Timestamp, names, time};
use farebox_signatures::SECRET_BYTES;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What `format` in the document has to say.
pub const FORMAT: &str = "farebox-keys/1";

/// The most keys of a deployment.
pub const MOST_KEYS: usize = 1_000;

/// The most cities that a key names.
pub const MOST_CITIES: usize = 1_000;

/// The longest note, in characters.
pub const NOTE_CHARS: usize = 256;

/// The document, as it lies there: all but the secrets can be read.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "Farebox keys", rename = "Keys"))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SealedDocument {
    /// "farebox-keys/1".
    pub format: String,
    /// The keys, each with another identifier.
    pub keys: AtMost<SealedKey, MOST_KEYS>,
    /// The secrets of all keys, sealed under the master key: XChaCha20-Poly1305, the nonce first, in base64. It is bound to all else
    /// in the document, which is changed with `farebox keys` only.
    #[cfg_attr(feature = "schema", schemars(extend("contentEncoding" = "base64")))]
    pub sealed: String,
}

/// A key, without its secrets.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SealedKey {
    /// What requests name it by: 1 to 32 letters, digits, `_` and `-`.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Token"))]
    pub id: String,
    /// What it is for: at least one thing, each once.
    #[cfg_attr(feature = "schema", schemars(extend("minItems" = 1, "uniqueItems" = true)))]
    pub scopes: AtMost<Scope, { Scope::ALL.len() }>,
    /// The cities that it is for: at least one, each once; or "*" alone for all there are and will be.
    #[cfg_attr(feature = "schema", schemars(extend("minItems" = 1, "uniqueItems" = true)))]
    pub cities: AtMost<String, MOST_CITIES>,
    /// When each of its secrets counts: one or two, the older first.
    #[cfg_attr(feature = "schema", schemars(extend("minItems" = 1)))]
    pub secrets: AtMost<Span, MOST_SECRETS>,
    /// For people: whose it is, say. Up to 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = 256)))]
    pub note: Option<String>,
    /// When it was made.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Time"))]
    pub created: String,
    /// Since when it is withdrawn, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Time>"))]
    pub revoked: Option<String>,
}

/// When a secret counts.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The first moment.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Time"))]
    pub since: String,
    /// The first moment at which it does not count any more; for good without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Time>"))]
    pub until: Option<String>,
}

/// The document, open: keys with their secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The keys, in the order in which they stand there.
    pub entries: Vec<Entry>,
    /// Whether it was sealed under a previous master key: seal it anew before that is given up.
    pub under_previous: bool,
}

impl SealedDocument {
    /// Reads and checks what can be read without a master key.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let document = Self::read(text, &mut problems).map(|(_, document)| document);
        match document {
            Some(document) => problems.into_result(document),
            None => Err(problems.into_vec()),
        }
    }

    fn read(text: &str, problems: &mut Problems) -> Option<(Value, Self)> {
        let (value, document) = read_document::<Self>(text, FORMAT, problems)?;
        document.check(problems);
        Some((value, document))
    }

    fn check(&self, problems: &mut Problems) {
        let twice = |items: &[&str], index: usize| items.iter().take(index).any(|item| items.get(index) == Some(item));
        let ids: Vec<&str> = self.keys.0.iter().map(|key| key.id.as_str()).collect();
        for (number, key) in self.keys.0.iter().enumerate() {
            let at = format!("/keys/{number}");
            if !names::is_token(&key.id) {
                let message = format!("is {:?}; a key is named by {}", key.id, names::TOKEN_RULE);
                problems.add(format!("{at}/id"), "malformed", message);
            } else if twice(&ids, number) {
                problems.add(format!("{at}/id"), "duplicate", format!("there is another key {}", key.id));
            }
            let scopes: Vec<&str> = key.scopes.0.iter().map(|scope| scope.word()).collect();
            let cities: Vec<&str> = key.cities.0.iter().map(String::as_str).collect();
            for (name, items) in [("scopes", &scopes), ("cities", &cities)] {
                if items.is_empty() {
                    let message = format!("is empty; a key without {name} is good for nothing, so take it out");
                    problems.add(format!("{at}/{name}"), "wrong-length", message);
                }
                for (index, item) in items.iter().enumerate().filter(|(index, _)| twice(items, *index)) {
                    problems.add(format!("{at}/{name}/{index}"), "duplicate", format!("{item} stands there already"));
                }
            }
            for (index, city) in cities.iter().enumerate() {
                let message = match *city {
                    ALL_CITIES if cities.len() == 1 => continue,
                    ALL_CITIES => "\"*\" stands for all cities, and alone; take it or the others out".to_owned(),
                    city if names::is_token(city) => continue,
                    city => format!("is {city:?}; a city has {}, and \"*\" stands for all", names::TOKEN_RULE),
                };
                problems.add(format!("{at}/cities/{index}"), "malformed", message);
            }
            if key.note.as_ref().is_some_and(|note| note.chars().count() > NOTE_CHARS) {
                problems.add(
                    format!("{at}/note"),
                    "wrong-length",
                    format!("at most {NOTE_CHARS} characters are allowed"),
                );
            }
            moment(&key.created, &format!("{at}/created"), problems);
            if let Some(revoked) = &key.revoked {
                moment(revoked, &format!("{at}/revoked"), problems);
            }
            if key.secrets.0.is_empty() {
                problems.add(format!("{at}/secrets"), "wrong-length", wrong_length(0, 1, MOST_SECRETS));
            }
            for (index, span) in key.secrets.0.iter().enumerate() {
                let at = format!("{at}/secrets/{index}");
                let since = moment(&span.since, &format!("{at}/since"), problems);
                let until = span.until.as_ref().and_then(|until| moment(until, &format!("{at}/until"), problems));
                if since.zip(until).is_some_and(|(since, until)| until < since) {
                    problems.add(
                        format!("{at}/until"),
                        "out-of-range",
                        "is before `since`; it cannot end before it begins",
                    );
                }
            }
        }
    }
}

fn moment(text: &str, pointer: &str, problems: &mut Problems) -> Option<Timestamp> {
    let moment = time::parse(text);
    if moment.is_none() {
        let text = farebox_document::excerpt(text);
        let message = format!("is {text}; write RFC 3339 with an offset, for example \"2026-11-26T08:00:00Z\"");
        problems.add(pointer, "malformed", message);
    }
    moment
}

/// All that is readable, in one form.
fn clear_part(document: &Value) -> String {
    let mut clear = document.clone();
    if let Some(fields) = clear.as_object_mut() {
        fields.remove("sealed");
    }
    canonical_json(&clear)
}

/// A key that was read and checked, with its secrets. `None` when one of its times is none.
fn opened(key: &SealedKey, secrets: impl Iterator<Item = SecretText>) -> Option<Entry> {
    let held = |(secret, span): (SecretText, &Span)| {
        let until = span.until.as_deref().and_then(time::parse);
        Some(HeldSecret { secret, since: time::parse(&span.since)?, until })
    };
    Some(Entry {
        id: key.id.clone(),
        scopes: key.scopes.0.clone(),
        cities: key.cities.0.clone(),
        secrets: secrets.zip(&key.secrets.0).filter_map(held).collect(),
        note: key.note.clone(),
        created: time::parse(&key.created)?,
        revoked: key.revoked.as_deref().and_then(time::parse),
    })
}

/// All of a key but its secrets, as it is written down.
fn sealed(entry: &Entry) -> SealedKey {
    let span = |held: &HeldSecret| Span { since: time::format(held.since), until: held.until.map(time::format) };
    SealedKey {
        id: entry.id.clone(),
        scopes: AtMost(entry.scopes.clone()),
        cities: AtMost(entry.cities.clone()),
        secrets: AtMost(entry.secrets.iter().map(span).collect()),
        note: entry.note.clone(),
        created: time::format(entry.created),
        revoked: entry.revoked.map(time::format),
    }
}

impl Document {
    /// Reads, checks and opens the document.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it. None of it says anything of a secret but how long it is.
    pub fn open(text: &str, master: &MasterKeys) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let read = SealedDocument::read(text, &mut problems).filter(|_| problems.is_empty());
        let Some((value, document)) = read else { return Err(problems.into_vec()) };
        let Some(unsealed) = master.unseal(&document.sealed, clear_part(&value).as_bytes()) else {
            let message = "does not open: the document was changed by other means than `farebox keys`, or sealed under a master key \
                           that is neither `master_key` nor one of `previous_master_keys`";
            problems.add("/sealed", "sealed", message);
            return Err(problems.into_vec());
        };
        let secrets =
            std::str::from_utf8(&unsealed.secret).ok().and_then(|text| read_json(text, "/sealed", &mut problems));
        let secrets = secrets.unwrap_or_default();
        let mut entries = Vec::with_capacity(document.keys.0.len());
        for (number, key) in document.keys.0.into_iter().enumerate() {
            let texts = secrets.get(&key.id).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            if texts.len() != key.secrets.0.len() {
                let message = format!("there are {} secrets sealed for {} times", texts.len(), key.secrets.0.len());
                problems.add(format!("/keys/{number}/secrets"), "wrong-length", message);
            }
            let texts: Vec<Option<SecretText>> =
                texts.iter().map(|text| text.as_str().and_then(SecretText::parse)).collect();
            for (index, _) in texts.iter().enumerate().filter(|(_, secret)| secret.is_none()) {
                let message = format!("is no secret of {SECRET_BYTES} to {MOST_SECRET_BYTES} bytes in base64");
                problems.add(format!("/keys/{number}/secrets/{index}"), "malformed", message);
            }
            entries.extend(opened(&key, texts.into_iter().flatten()));
        }
        problems.into_result(Self { entries, under_previous: unsealed.by_previous })
    }

    /// Writes the document as it lies there, sealed. `nonce` is random; under one master key none may be used twice.
    pub fn seal(&self, master: &MasterKey, nonce: [u8; SEAL_NONCE_BYTES]) -> String {
        let keys: Vec<SealedKey> = self.entries.iter().map(sealed).collect();
        let secrets: Map<String, Value> = self
            .entries
            .iter()
            .map(|entry| (entry.id.clone(), entry.secrets.iter().map(|held| held.secret.reveal()).collect()))
            .collect();
        let mut document = json!({ "format": FORMAT, "keys": keys });
        let secrets = canonical_json(&Value::Object(secrets));
        let text = master.seal(nonce, secrets.as_bytes(), clear_part(&document).as_bytes());
        if let Some(fields) = document.as_object_mut() {
            fields.insert("sealed".to_owned(), text.into());
        }
        format!("{document:#}\n")
    }

    /// The keys, as requests are verified with.
    pub fn keys(&self) -> Keys {
        Keys::new(&self.entries)
    }
}

#[cfg(feature = "schema")]
impl SealedDocument {
    /// The JSON Schema (draft 2020-12) of the document. What does not fit it is refused by [`parse`](Self::parse).
    pub fn schema() -> Value {
        let mut schema = farebox_document::document_schema::<Self>("keys-1", FORMAT);
        if let Some(city) = schema.pointer_mut("/$defs/SealedKey/properties/cities/items") {
            *city = json!({ "type": "string", "pattern": "^(\\*|[A-Za-z0-9][A-Za-z0-9_-]{0,31})$" });
        }
        schema
    }
}
