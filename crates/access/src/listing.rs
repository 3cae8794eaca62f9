//! Keys as people look at them. No master key is needed: nothing of a secret is told.

use crate::document::{SealedDocument, SealedKey, Span};
use crate::scope::Scope;
use farebox_fare::{Timestamp, time};
use serde::Serialize;

farebox_document::words! {
    /// What a key, or a secret, is worth at a moment.
    pub enum State {
        /// It counts.
        InForce = "in-force",
        /// It does not count yet.
        NotYet = "not-yet",
        /// It does not count any more.
        Over = "over",
        /// The key is withdrawn.
        Revoked = "revoked",
    }
}

/// A key, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed<'d> {
    /// What requests name it by.
    pub id: &'d str,
    /// What it is for.
    pub scopes: &'d [Scope],
    /// The cities that it is for; `*` alone for all.
    pub cities: &'d [String],
    /// What it is worth: as much as the secret that is worth most.
    pub state: State,
    /// When each of its secrets counts, the older first.
    pub secrets: Vec<ListedSecret<'d>>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'d str>,
    /// When it was made.
    pub created: &'d str,
    /// Since when it is withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<&'d str>,
}

/// When a secret counts, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedSecret<'d> {
    /// The first moment.
    pub since: &'d str,
    /// The first moment at which it does not count any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<&'d str>,
    /// What it is worth.
    pub state: State,
}

/// The keys of a document, with what is so at `now`.
pub fn keys(document: &SealedDocument, now: Timestamp) -> Vec<Listed<'_>> {
    document.keys.0.iter().map(|key| listed(key, now)).collect()
}

fn listed(key: &SealedKey, now: Timestamp) -> Listed<'_> {
    let secret = |span| secret(span, key.revoked.is_some(), now);
    let secrets: Vec<ListedSecret<'_>> = key.secrets.0.iter().map(secret).collect();
    let worth = |state: &State| State::ALL.iter().position(|other| other == state);
    Listed {
        id: &key.id,
        scopes: &key.scopes.0,
        cities: &key.cities.0,
        state: secrets.iter().map(|secret| secret.state).min_by_key(worth).unwrap_or(State::Over),
        secrets,
        note: key.note.as_deref(),
        created: &key.created,
        revoked: key.revoked.as_deref(),
    }
}

fn secret(span: &Span, is_revoked: bool, now: Timestamp) -> ListedSecret<'_> {
    let has_come = |moment: &str| time::parse(moment).is_some_and(|moment| moment <= now);
    let state = match &span.until {
        _ if is_revoked => State::Revoked,
        Some(until) if has_come(until) => State::Over,
        _ if has_come(&span.since) => State::InForce,
        _ => State::NotYet,
    };
    ListedSecret { since: &span.since, until: span.until.as_deref(), state }
}

/// The keys as a table, a row for each secret.
pub fn table(keys: &[Listed<'_>]) -> String {
    let mut rows = vec![["key", "scopes", "cities", "since", "until", "state", "note"].map(str::to_owned)];
    for key in keys {
        for (number, secret) in key.secrets.iter().enumerate() {
            let first = |text: String| if number == 0 { text } else { String::new() };
            let words: Vec<&str> = key.scopes.iter().map(|scope| scope.word()).collect();
            let state = secret.state.word();
            rows.push([
                first(key.id.to_owned()),
                first(words.join(" ")),
                first(key.cities.join(" ")),
                secret.since.to_owned(),
                secret.until.unwrap_or("-").to_owned(),
                key.revoked.map_or_else(|| state.to_owned(), |revoked| format!("{state} {revoked}")),
                first(shown(key.note.unwrap_or_default())),
            ]);
        }
    }
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: [usize; 7] = std::array::from_fn(width);
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// A note on one line. It is anybody's text: nothing in it moves a terminal's cursor.
fn shown(note: &str) -> String {
    note.chars().map(|character| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character }).collect()
}
