//! The master key, as commands are given it: in a file or a variable. Arguments can be seen by everybody on a machine.

use crate::input;
use anyhow::Context as _;
use clap::Args;
use farebox_access::MasterKeys;
use std::path::PathBuf;

/// The variable that the master key is in.
pub const CURRENT: &str = "FAREBOX_MASTER_KEY";

/// The variable that those before it are in.
pub const PREVIOUS: &str = "FAREBOX_PREVIOUS_MASTER_KEYS";

/// Where the master key is.
#[derive(Debug, Args)]
pub struct MasterArgs {
    /// The file that the master key is in; "-" is the standard input. Without it the variable FAREBOX_MASTER_KEY is read. Those before it,
    /// with white space between, are in FAREBOX_PREVIOUS_MASTER_KEYS.
    #[arg(long, value_name = "FILE")]
    master_key_file: Option<PathBuf>,
}

impl MasterArgs {
    /// The master keys.
    ///
    /// # Errors
    ///
    /// There is none, or it is not one.
    pub fn read(&self) -> anyhow::Result<MasterKeys> {
        self.given()?.with_context(|| {
            format!(
                "there is no master key, under which secrets are sealed; name the file that it is in with --master-key-file, or set \
                 {CURRENT}. `farebox keys master` makes one, for a deployment that has none"
            )
        })
    }

    /// The master keys, when there are any.
    ///
    /// # Errors
    ///
    /// What is given is not one.
    pub fn given(&self) -> anyhow::Result<Option<MasterKeys>> {
        let (name, text) = input::file_or_variable(self.master_key_file.as_deref(), CURRENT)?;
        let Some(text) = text else { return Ok(None) };
        let previous = input::variable(PREVIOUS)?.unwrap_or_default();
        MasterKeys::parse((&name, &text), (PREVIOUS, &previous)).map(Some).map_err(anyhow::Error::msg)
    }
}

/// Whether a problem may be that of a wrong master key, and what would be right.
pub fn advice() -> String {
    format!(
        "the master key is read from --master-key-file or {CURRENT}, and those before it from {PREVIOUS}: one of them has to be what the \
         file was sealed under, `master_key` of the deployment"
    )
}
