//! Keys that are made, changed and withdrawn.

use crate::Scope;
use crate::document::{Document, MOST_CITIES, MOST_KEYS, NOTE_CHARS};
use crate::entry::{ALL_CITIES, Entry, HeldSecret, MOST_SECRETS, SecretText};
use farebox_fare::{Timestamp, names, time};
use std::fmt;

/// What a new key is to be.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What requests name it by.
    pub id: String,
    /// What it is for.
    pub scopes: Vec<Scope>,
    /// The cities that it is for; `*` alone for all.
    pub cities: Vec<String>,
    /// For people.
    pub note: Option<String>,
}

/// Why keys stay as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unchanged {
    /// There is no such key.
    Unknown(String),
    /// There is one already.
    Exists(String),
    /// It is withdrawn, and that is for good.
    Revoked(String),
    /// Something is wrong with what it is to be.
    Wrong(String),
    /// It has as many secrets as it may, until then.
    Rotating {
        /// The key.
        id: String,
        /// When the older one is over.
        until: Option<Timestamp>,
    },
}

impl fmt::Display for Unchanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(id) => write!(f, "there is no key {id:?}"),
            Self::Exists(id) => write!(f, "there is a key {id:?} already; rotate it, or give the new one another name"),
            Self::Revoked(id) => write!(f, "the key {id:?} is revoked, which is for good; create another"),
            Self::Wrong(why) => f.write_str(why),
            Self::Rotating { id, until } => {
                let until = until.map(|until| format!(", until {}", time::format(until))).unwrap_or_default();
                write!(f, "the key {id:?} has {MOST_SECRETS} secrets already{until}; an overlap of 0 ends both at once")
            }
        }
    }
}

impl std::error::Error for Unchanged {}

impl Document {
    /// Adds a key. `secret` is random.
    ///
    /// # Errors
    ///
    /// There is one of this name, there are as many as there may be, or something is wrong with it.
    pub fn create(&mut self, new: NewKey, secret: SecretText, now: Timestamp) -> Result<(), Unchanged> {
        let wrong = |why: String| Err(Unchanged::Wrong(why));
        if !names::is_token(&new.id) {
            return wrong(format!("{:?} cannot name a key: {}", new.id, names::TOKEN_RULE));
        }
        if self.entries.iter().any(|entry| entry.id == new.id) {
            return Err(Unchanged::Exists(new.id));
        }
        if self.entries.len() >= MOST_KEYS {
            return wrong(format!("there are {MOST_KEYS} keys, and no more are allowed"));
        }
        let (mut scopes, mut cities) = (new.scopes, new.cities);
        scopes.sort_by_key(|scope| Scope::ALL.iter().position(|other| other == scope));
        scopes.dedup();
        cities.sort();
        cities.dedup();
        if scopes.is_empty() {
            return wrong(format!("say what the key is for: any of {}", Scope::WORDS.join(", ")));
        }
        let all = cities.iter().any(|city| city == ALL_CITIES);
        if cities.is_empty() || (all && cities.len() > 1) {
            return wrong(format!("say which cities the key is for: some, or {ALL_CITIES:?} alone for all"));
        }
        if let Some(city) = cities.iter().find(|city| *city != ALL_CITIES && !names::is_token(city)) {
            return wrong(format!("{city:?} cannot be a city: {}", names::TOKEN_RULE));
        }
        if cities.len() > MOST_CITIES {
            return wrong(format!("{} cities are too many; at most {MOST_CITIES} are allowed", cities.len()));
        }
        if new.note.as_ref().is_some_and(|note| note.chars().count() > NOTE_CHARS) {
            return wrong(format!("the note is too long; at most {NOTE_CHARS} characters are allowed"));
        }
        let secrets = vec![HeldSecret { secret, since: now, until: None }];
        let NewKey { id, note, .. } = new;
        self.entries.push(Entry { id, scopes, cities, secrets, note, created: now, revoked: None });
        Ok(())
    }

    /// Gives a key a new secret. Those it has go on counting for `overlap_s` seconds; with zero they are over at once, as after one was
    /// told to somebody whom it is none of.
    ///
    /// # Errors
    ///
    /// There is no such key, it is withdrawn, or it has two secrets that go on counting.
    pub fn rotate(&mut self, id: &str, secret: SecretText, now: Timestamp, overlap_s: u32) -> Result<(), Unchanged> {
        let entry = self.usable(id)?;
        let over = now.saturating_add(overlap_s.into());
        let mut kept = entry.secrets.clone();
        kept.retain(|held| overlap_s > 0 && held.until.is_none_or(|until| until > now));
        if kept.len() >= MOST_SECRETS {
            let until = kept.iter().filter_map(|held| held.until).min();
            return Err(Unchanged::Rotating { id: id.to_owned(), until });
        }
        for held in &mut kept {
            held.until = Some(held.until.map_or(over, |until| until.min(over)));
        }
        kept.push(HeldSecret { secret, since: now, until: None });
        entry.secrets = kept;
        Ok(())
    }

    /// Withdraws a key, for good. It stays in the list, so that nobody else gets its name, and so that whoever has it is told.
    ///
    /// # Errors
    ///
    /// There is no such key, or it is withdrawn already.
    pub fn revoke(&mut self, id: &str, now: Timestamp) -> Result<(), Unchanged> {
        self.usable(id)?.revoked = Some(now);
        Ok(())
    }

    fn usable(&mut self, id: &str) -> Result<&mut Entry, Unchanged> {
        let entry = self.entries.iter_mut().find(|entry| entry.id == id);
        let entry = entry.ok_or_else(|| Unchanged::Unknown(id.to_owned()))?;
        if entry.revoked.is_some() { Err(Unchanged::Revoked(id.to_owned())) } else { Ok(entry) }
    }
}
