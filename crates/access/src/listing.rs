//! Keys as people look at them. No master key is needed: nothing of a secret is told.

use crate::SealedDocument;
use crate::document::SealedKey;
use farebox_fare::{Timestamp, time};

/// A table of the keys, with what is so at `now`.
pub fn table(document: &SealedDocument, now: Timestamp) -> String {
    let mut rows = vec![["key", "for", "cities", "secret since", "until", "note"].map(str::to_owned)];
    for key in &document.keys.0 {
        for (number, span) in key.secrets.0.iter().enumerate() {
            let first = |text: String| if number == 0 { text } else { String::new() };
            let words: Vec<&str> = key.scopes.0.iter().map(|scope| scope.word()).collect();
            rows.push([
                first(key.id.clone()),
                first(words.join(" ")),
                first(key.cities.0.join(" ")),
                span.since.clone(),
                until(key, span.until.as_deref(), now),
                first(key.note.clone().unwrap_or_default()),
            ]);
        }
    }
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..6).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn until(key: &SealedKey, until: Option<&str>, now: Timestamp) -> String {
    if let Some(revoked) = &key.revoked {
        return format!("revoked {revoked}");
    }
    match until {
        Some(until) if time::parse(until).is_some_and(|until| until <= now) => format!("{until}, over"),
        Some(until) => until.to_owned(),
        None => "-".to_owned(),
    }
}
