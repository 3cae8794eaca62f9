//! A change of the keys: all of it, or nothing.

use super::file::{self, Held};
use super::master::{self, MasterArgs};
use crate::{chance, input, output};
use clap::Args;
use farebox_access::editing::Unchanged;
use farebox_access::{Document, MasterKeys};
use farebox_document::Problem;
use farebox_fare::Timestamp;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Where the keys are, and what they are sealed under.
#[derive(Debug, Args)]
pub struct Change {
    /// Where the configuration is; keys are in its file keys.json.
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    #[command(flatten)]
    master: MasterArgs,
}

impl Change {
    /// Where the configuration is.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// Changes the keys, and gives the name of the file that they are in.
    ///
    /// The new file lies there, whole, before `tell` is called, and takes the place of the old one afterwards: a secret that could not be
    /// told does not count, and one that takes the place of another ends nothing.
    ///
    /// # Errors
    ///
    /// The keys stay as they are, and why.
    pub fn make(
        &self,
        edit: impl FnOnce(&mut Document, Timestamp) -> Result<(), Unchanged>,
        tell: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<String> {
        let master = self.master.read()?;
        let held = Held::take(&self.config)?;
        let name = held.name().to_owned();
        let mut document = open(&held, &master)?;
        edit(&mut document, now()).map_err(|why| self.refusal(&name, why))?;
        let prepared = held.prepare(&document.seal(&master.current, chance::bytes()?))?;
        tell()?;
        prepared.put()?;
        if document.under_previous {
            output::say(format_args!(
                "{name} was sealed under a previous master key, and is sealed under the one of today now"
            ));
        }
        Ok(name)
    }

    fn refusal(&self, name: &str, why: Unchanged) -> anyhow::Error {
        match why {
            Unchanged::Unknown(_) => {
                let config = self.config.display();
                anyhow::anyhow!("{name}: {why}; `farebox keys list --config {config}` tells which there are")
            }
            _ => anyhow::anyhow!("{name}: {why}"),
        }
    }
}

fn open(held: &Held, master: &MasterKeys) -> anyhow::Result<Document> {
    let Some(text) = held.text() else { return Ok(Document::default()) };
    Document::open(text, master).map_err(|problems| told(held.name(), &problems))
}

/// Everything that is wrong with the document of keys, as one error.
pub(super) fn told(name: &str, problems: &[Problem]) -> anyhow::Error {
    let mut message = input::with_problems(&format!("{name} has"), problems);
    if problems.iter().any(|problem| problem.code == "sealed") {
        let _ = write!(message, "\n{}", master::advice());
    }
    anyhow::anyhow!(message)
}

/// What the clock says.
pub(super) fn now() -> Timestamp {
    jiff::Timestamp::now().as_second()
}

/// The file of keys in a folder, as people are told of it.
pub(super) fn name_in(config: &std::path::Path) -> String {
    config.join(file::NAME).display().to_string()
}
