//! Rate cards and policies by their version, today's and those of earlier days: what it takes to make a bill again.

use anyhow::Context;
use farebox_commission::Policy;
use farebox_document::version_of;
use farebox_pricing::{FORMAT, RateCard};
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The rate cards and policies in some folders, by version.
#[derive(Debug, Default)]
pub struct Archive {
    cards: HashMap<String, Entry>,
    policies: HashMap<String, Policy>,
}

#[derive(Debug)]
enum Entry {
    Card(Box<RateCard>),
    /// The engine of today refuses it: where it lies, and its first problem.
    Refused(PathBuf, String),
}

impl Archive {
    /// Reads all rate cards and policies in some folders and the folders in them. Files that are neither are passed over.
    ///
    /// # Errors
    ///
    /// When a folder or a file in it cannot be read.
    pub fn open<'a>(folders: impl IntoIterator<Item = &'a PathBuf>) -> anyhow::Result<Self> {
        let mut archive = Self::default();
        for folder in folders {
            archive.add_folder(folder)?;
        }
        Ok(archive)
    }

    /// All rate cards that can be used, in no order.
    pub fn cards(&self) -> impl Iterator<Item = &RateCard> {
        self.cards.values().filter_map(|entry| match entry {
            Entry::Card(card) => Some(&**card),
            Entry::Refused(..) => None,
        })
    }

    /// The policy of a version.
    ///
    /// # Errors
    ///
    /// That there is none.
    pub fn policy(&self, version: &str) -> Result<&Policy, String> {
        let missing = || format!("no policy has version {version}; --policies names folders to search");
        self.policies.get(version).ok_or_else(missing)
    }

    /// The card of a version.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn find(&self, version: &str) -> Result<&RateCard, String> {
        match self.cards.get(version) {
            Some(Entry::Card(card)) => Ok(card),
            Some(Entry::Refused(path, problem)) => {
                Err(format!("rate card {version} is {}, which is refused: {problem}", path.display()))
            }
            None => Err(format!("no rate card has version {version}; --cards names folders to search")),
        }
    }

    fn add_folder(&mut self, folder: &Path) -> anyhow::Result<()> {
        let context = || format!("cannot read documents from {}", folder.display());
        for entry in std::fs::read_dir(folder).with_context(context)? {
            let entry = entry.with_context(context)?;
            let path = entry.path();
            // Links to folders are not followed: they may lead in circles.
            if entry.file_type().with_context(context)?.is_dir() {
                self.add_folder(&path)?;
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let text = std::fs::read_to_string(&path);
                let text = text.with_context(|| format!("cannot read {}", path.display()))?;
                self.add_file(path, &text);
            }
        }
        Ok(())
    }

    fn add_file(&mut self, path: PathBuf, text: &str) {
        if let Ok(policy) = Policy::parse(text) {
            self.policies.insert(policy.version().to_owned(), policy);
            return;
        }
        match RateCard::parse(text) {
            Ok(card) => {
                self.cards.insert(card.info().version.clone(), Entry::Card(Box::new(card)));
            }
            Err(problems) => {
                let Ok(document) = serde_json::from_str::<Value>(text) else { return };
                if document.get("format").and_then(Value::as_str) == Some(FORMAT) {
                    let problem = problems.first().map(ToString::to_string).unwrap_or_default();
                    self.cards.insert(version_of(&document), Entry::Refused(path, problem));
                }
            }
        }
    }
}
