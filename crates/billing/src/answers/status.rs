//! What probes are answered with.

use farebox_document::words;
use serde::Serialize;
use std::collections::BTreeMap;

words! {
    /// Whether bills can be answered.
    pub enum Verdict {
        /// Everything is in order.
        Ready = "ready",
        /// Bills are answered, and something is not in order.
        Degraded = "degraded",
        /// No bill can be answered.
        NotReady = "not-ready",
    }
}

/// The answer to `GET /readyz`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Readiness"))]
#[derive(Debug, Serialize)]
pub struct ReadinessDocument {
    /// Whether bills can be answered.
    pub status: Verdict,
    /// What was looked at.
    pub checks: Vec<Check>,
}

impl ReadinessDocument {
    /// Whether bills can be answered. Degraded is ready.
    pub fn is_ready(&self) -> bool {
        self.status != Verdict::NotReady
    }
}

/// One thing that was looked at.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct Check {
    /// `variables`, `configuration`, `bills`, and `keys` where requests have to be signed, decide whether bills can be answered;
    /// nothing else does.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// How long it took, in microseconds, where that says something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_us: Option<u64>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The answer to `GET /statusz`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Status"))]
#[derive(Debug, Serialize)]
pub struct StatusDocument {
    /// What the checks come to.
    pub status: Verdict,
    /// What `/readyz` looks at; then a write to the store, and the database of the node, read and written.
    pub checks: Vec<Check>,
    /// The release that answers.
    pub release: &'static str,
    /// The numbers that bills name the engines by.
    pub engines: EngineNumbers,
    /// The variables as they are set, without secrets.
    pub variables: BTreeMap<&'static str, String>,
    /// Whether requests have to be signed, in words: `off: ...` or `required: ...`, and what that means here.
    pub signatures: String,
    /// Whether estimates are signed with the built-in key, which everybody knows. Absent when the variables are wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub development_key: Option<bool>,
    /// What requests are answered by.
    pub configuration: ConfigurationStatus,
    /// What was read and written. Absent when nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreStatus>,
    /// What this node has accepted, and the shared store may not have. All zero where everything is kept on this node; absent when the
    /// database of the node does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<JournalStatus>,
    /// Which kinds of calls of the store are made, where nodes share it.
    pub breakers: Vec<BreakerStatus>,
    /// What is turned away.
    pub shedding: SheddingStatus,
    /// What operators have switched, in words. Empty when nothing is.
    pub switched: Vec<String>,
}

/// How the journal of this node stands.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct JournalStatus {
    /// How many bills and batches of segments the shared store may not have yet.
    pub waiting: u64,
    /// When the oldest of them was entered.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Time>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<String>,
    /// How many bills gave way to another one of their trip, and are listed.
    pub superseded: u64,
    /// How many entries the shared store will never take, and are listed.
    pub refused: u64,
    /// How large it is, in bytes of what was entered.
    pub bytes: u64,
}

words! {
    /// Whether calls of a kind are made.
    pub enum BreakerState {
        /// They are.
        Closed = "closed",
        /// They are not, for as long as they would not be answered.
        Open = "open",
    }
}

/// A kind of call of the store, and whether calls of it are made on this node.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Breaker"))]
#[derive(Debug, Serialize)]
pub struct BreakerStatus {
    /// `reads`; `meter-writes`, which add segments to trips; and `posts`, which are all other writes.
    pub kind: &'static str,
    /// Whether calls are made.
    pub state: BreakerState,
    /// Since when, to the second. Absent when it has never been open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Time>"))]
    pub since: Option<String>,
    /// What became of the calls before it opened last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How often it has opened.
    pub opened: u64,
    /// How many calls the instance that answers has refused since it opened last.
    pub refused: u64,
}

/// What this node turns away.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Shedding"))]
#[derive(Debug, Serialize)]
pub struct SheddingStatus {
    /// `none`, `details`, `estimates` or `segments`: that, and what is less important.
    pub level: &'static str,
    /// Why: `late`, because this node is, or `switched`, because an operator said so. Absent when nothing is turned away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

/// The numbers of the engines.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct EngineNumbers {
    /// Of what prices.
    pub pricing: u32,
    /// Of what settles.
    pub commission: u32,
}

/// How the configuration stands.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct ConfigurationStatus {
    /// The generation that is in force. Absent when this instance goes by its files alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// The one that is to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<NextGeneration>,
    /// The documents in force, by the folder that they are in.
    pub documents: BTreeMap<String, DocumentsStatus>,
    /// Documents that are broken.
    pub broken: Vec<BrokenDocument>,
    /// Products whose rate cards are good each and do not go together.
    pub misfits: Vec<MisfitDocument>,
    /// Files that are no documents.
    pub ignored: Vec<String>,
    /// Why the folder cannot be read. What is in force stays so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

/// A generation that is to come.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct NextGeneration {
    /// Its number.
    pub generation: u64,
    /// From when on it is in force, to the second after.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Time"))]
    pub at: String,
}

/// The documents of a folder.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct DocumentsStatus {
    /// How many there are.
    pub count: usize,
    /// SHA-256 of their paths and the versions of their texts: equal where all of them are.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Version"))]
    pub version: String,
}

/// A document that is broken.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct BrokenDocument {
    /// Its file.
    pub path: String,
    /// What is wrong with it.
    pub why: String,
    /// Whether its last good text is in force in its place. Otherwise it takes out itself.
    pub last_good: bool,
}

/// A product whose rate cards do not go together.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct MisfitDocument {
    /// Of the product.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Token"))]
    pub city: String,
    /// Which.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Token"))]
    pub product: String,
    /// What does not go together.
    pub why: String,
}

/// The store, as far as it was read and written.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct StoreStatus {
    /// `sqlite` or `redis`.
    pub backend: String,
    /// The city under which it was.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Token"))]
    pub city: String,
}
