//! What keeps a reconciliation from its end.

use farebox_money::Currency;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why there is no result. Lines that are no records are none of these: they are [`crate::Refused`], which is one.
#[derive(Debug)]
pub enum Error {
    /// An input cannot be read any further.
    Input {
        /// What it is called.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// The folder for what does not fit into memory cannot be used, most often because its disk is full.
    Scratch {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A sum does not fit into 64 bits of minor units.
    TooLarge {
        /// In which currency.
        currency: Currency,
        /// Of what.
        what: String,
    },
    /// The classes do not add up to what was read: memory or disk have changed something on the way.
    Unproven {
        /// Which sum.
        what: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input { file, .. } => write!(f, "cannot read {file} any further"),
            Self::Scratch { folder, .. } => write!(
                f,
                "cannot keep what does not fit into memory in {}: `--scratch` names a folder with room for twice the \
                 inputs",
                folder.display()
            ),
            Self::TooLarge { currency, what } => {
                write!(f, "the sum of {what} in {currency} does not fit into 64 bits of its smallest unit")
            }
            Self::Unproven { what } => {
                write!(f, "{what} is not the sum of its classes: memory or the scratch folder have changed it")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Input { source, .. } | Self::Scratch { source, .. } => Some(source),
            Self::TooLarge { .. } | Self::Unproven { .. } => None,
        }
    }
}
