//! `farebox keys list`.

use super::change::{name_in, now, told};
use super::file;
use super::master::MasterArgs;
use crate::output;
use clap::Args;
use farebox_access::{Document, SealedDocument, listing};
use serde::Serialize;
use std::path::PathBuf;

/// List keys: what each is for, where, and since and until when its secrets count
///
/// No master key is needed, and no secret is told. Without one nothing tells whether somebody changed the file by hand; with one that is
/// checked too, and exit code 1 says that it was.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct List {
    /// Where the configuration is; keys are in its file keys.json.
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    #[command(flatten)]
    master: MasterArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    keys: &'a [listing::Listed<'a>],
}

impl List {
    /// Prints the list.
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let master = self.master.given()?;
        let name = name_in(&self.config);
        let text = file::read(&self.config)?;
        let sealed = text.as_deref().map(SealedDocument::parse).transpose();
        let sealed = sealed.map_err(|problems| told(&name, &problems))?;
        let keys = sealed.as_ref().map(|sealed| listing::keys(sealed, now())).unwrap_or_default();
        if self.json {
            output::print(output::json(&Answer { keys: &keys })?)?;
        } else if !keys.is_empty() {
            output::print(listing::table(&keys))?;
        }
        if keys.is_empty() {
            output::say(format_args!("{name}: there are no keys; `farebox keys create` makes one"));
        }
        let (Some(text), Some(master)) = (text, master) else { return Ok(()) };
        Document::open(&text, &master).map(drop).map_err(|problems| told(&name, &problems))
    }
}
