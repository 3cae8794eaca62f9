//! `farebox keys`: who may ask a server for what.

mod change;
mod cities;
mod file;
mod list;
mod master;

use self::change::Change;
use crate::{chance, duration, output};
use anyhow::Context as _;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use farebox_access::editing::NewKey;
use farebox_access::master::MASTER_KEY_BYTES;
use farebox_access::{ALL_CITIES, Document, Entry, Scope, SecretText};
use farebox_fare::time;
use farebox_signatures::SECRET_BYTES;
use serde::Serialize;
use std::process::ExitCode;

/// What can be done with keys.
#[derive(Debug, Subcommand)]
#[allow(missing_docs, reason = "what each does is said where its arguments are, and the command line says that")]
pub enum Keys {
    Create(Create),
    List(list::List),
    Rotate(Rotate),
    Revoke(Revoke),
    /// Print a new master key, under which secrets are sealed
    ///
    /// It is printed once, and kept nowhere. Give it to `farebox keys` in the variable FAREBOX_MASTER_KEY, and to servers in their variable
    /// `master_key`. To change it, put the old one into FAREBOX_PREVIOUS_MASTER_KEYS, and `previous_master_keys`, first.
    ///
    /// Example:
    ///
    ///   (umask 077; farebox keys master > master.key)
    #[command(verbatim_doc_comment)]
    Master,
}

/// Make a key, and print its secret, once
///
/// The secret goes to the standard output and is not shown again. It counts as soon as servers have read the configuration,
/// within half a second.
///
/// Example:
///
///   farebox keys create dispatch --scope estimate --scope bill --city 110000 --note "Dispatch, in the north"
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Create {
    /// What requests name the key by: 1 to 32 letters, digits, "_" and "-".
    id: String,
    /// What the key is for. May be given several times.
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_parser = scopes())]
    scopes: Vec<Scope>,
    /// A city that the key is for, for example 110000; "*" alone for all. May be given several times.
    #[arg(long = "city", value_name = "CITY", required = true)]
    cities: Vec<String>,
    /// Take cities that the configuration has no rate cards of: of a city that is to come, or for its commissions alone.
    #[arg(long)]
    without_cards: bool,
    /// For people: whose it is, say.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    change: Change,
}

/// Give a key a new secret, and print it, once
///
/// The secret that the key has goes on counting for as long as the overlap says, so that whoever signs with it can take the new one
/// meanwhile. It goes to the standard output and is not shown again.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Rotate {
    /// The key.
    id: String,
    /// How long the secret before counts: 24h, 30m; 0 for no longer than now, as when somebody has it who should not.
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = overlap, allow_hyphen_values = true)]
    overlap: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    change: Change,
}

/// Withdraw a key, for good
///
/// Requests that are signed with it are refused within half a second. It stays in the list, so that nobody else gets its name.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Revoke {
    /// The key.
    id: String,
    #[command(flatten)]
    change: Change,
}

fn scopes() -> impl clap::builder::TypedValueParser<Value = Scope> {
    let known = PossibleValuesParser::new(Scope::WORDS);
    known.map(|word| Scope::from_word(&word).expect("the words are those of scopes"))
}

fn overlap(text: &str) -> Result<u32, String> {
    let seconds = duration::parse(text)?;
    u32::try_from(seconds).map_err(|_| "longer than 136 years; write it like 24h, or 0".to_owned())
}

impl Keys {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// When the keys stay as they are, and why.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Create(create) => create.run()?,
            Self::List(list) => list.run()?,
            Self::Rotate(rotate) => rotate.run()?,
            Self::Revoke(revoke) => revoke.run()?,
            Self::Master => output::print_secret(format!("{}\n", new_master_key()?))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Create {
    fn run(&self) -> anyhow::Result<()> {
        let Self { id, scopes, cities, note, .. } = self;
        if !self.without_cards {
            cities::check(self.change.config(), cities)?;
        }
        let secret = new_secret()?;
        let new = NewKey { id: id.clone(), scopes: scopes.clone(), cities: cities.clone(), note: note.clone() };
        let key = secret.clone();
        let mut made = String::new();
        let edit = |document: &mut Document, now| {
            document.create(new, key, now)?;
            made = document.entries.last().map(what_for).unwrap_or_default();
            Ok(())
        };
        let file = self.change.make(edit, || tell(id, &secret, self.json))?;
        output::say(format_args!("{file}: made the key {id:?}, for {made}"));
        output::say(NOT_AGAIN);
        Ok(())
    }
}

/// What a key is for, as it stands in the document: each thing once.
fn what_for(entry: &Entry) -> String {
    let words: Vec<&str> = entry.scopes.iter().map(|scope| scope.word()).collect();
    let all = entry.cities.iter().any(|city| city == ALL_CITIES);
    let cities = if all { "all cities".to_owned() } else { entry.cities.join(", ") };
    format!("{} in {cities}", words.join(", "))
}

impl Rotate {
    fn run(&self) -> anyhow::Result<()> {
        let secret = new_secret()?;
        let Self { id, overlap, .. } = self;
        let key = secret.clone();
        let mut until = None;
        let edit = |document: &mut Document, now| {
            document.rotate(id, key, now, *overlap)?;
            let secrets = document.entries.iter().find(|entry| entry.id == *id).map(|entry| entry.secrets.as_slice());
            until = secrets.and_then(|secrets| secrets.iter().find_map(|held| held.until));
            Ok(())
        };
        let file = self.change.make(edit, || tell(id, &secret, self.json))?;
        let before = match until {
            Some(until) => format!("the one before counts until {}", time::format(until)),
            None => "no other counts any more".to_owned(),
        };
        output::say(format_args!("{file}: the key {id:?} has a new secret; {before}"));
        output::say(NOT_AGAIN);
        Ok(())
    }
}

impl Revoke {
    fn run(&self) -> anyhow::Result<()> {
        let file = self.change.make(|document, now| document.revoke(&self.id, now), || Ok(()))?;
        output::say(format_args!("{file}: the key {:?} is revoked, for good", self.id));
        Ok(())
    }
}

const NOT_AGAIN: &str =
    "its secret is on the standard output and is not shown again: keep it where requests are signed, and nowhere else";

#[derive(Serialize)]
struct Told<'a> {
    id: &'a str,
    secret: String,
}

/// The only place in which a secret is shown.
fn tell(id: &str, secret: &SecretText, json: bool) -> anyhow::Result<()> {
    let secret = secret.reveal();
    output::print_secret(if json { output::json(&Told { id, secret })? } else { format!("{secret}\n") })
}

fn new_secret() -> anyhow::Result<SecretText> {
    let bytes: [u8; SECRET_BYTES] = chance::bytes()?;
    SecretText::new(&bytes).context("a secret of this length is none")
}

/// As [`MasterKey::parse`](farebox_access::MasterKey::parse) reads it, which is how secrets are written.
fn new_master_key() -> anyhow::Result<String> {
    let bytes: [u8; MASTER_KEY_BYTES] = chance::bytes()?;
    Ok(SecretText::new(&bytes).context("a key of this length is none")?.reveal())
}
