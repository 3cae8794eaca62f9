//! The application with its manifest changed.

use crate::server::{self, Server};
use farebox_kit::artifacts;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What to replace in the manifest: from, to.
pub type Changes<'a> = &'a [(&'a str, &'a str)];

/// A folder with a manifest, and all that it names.
#[derive(Debug)]
pub struct Changed {
    directory: TempDir,
}

impl Changed {
    /// The application with every occurrence of each `from` replaced.
    ///
    /// # Panics
    ///
    /// When the manifest does not have one.
    pub fn new(changes: Changes<'_>) -> Self {
        let directory = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(directory.path().join("deploy")).expect("a folder in a temporary folder");
        for shared in ["target", "config", "deploy/archive"] {
            std::os::unix::fs::symlink(artifacts::repository().join(shared), directory.path().join(shared))
                .expect("a link in a temporary folder");
        }
        let manifest = std::fs::read_to_string(artifacts::repository().join("spin.toml"));
        let mut manifest = manifest.expect("the manifest of the application");
        for (from, to) in changes {
            assert!(manifest.contains(from), "spin.toml has no {from:?} any more");
            manifest = manifest.replace(from, to);
        }
        std::fs::write(directory.path().join("spin.toml"), manifest).expect("a file in a temporary folder");
        Self { directory }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        self.directory.path()
    }

    fn manifest(&self) -> PathBuf {
        self.directory.path().join("spin.toml")
    }

    /// Starts it with these arguments.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start(&self, arguments: &[&str]) -> Server {
        Server::start(&[&["--manifest", self.manifest().to_str().expect("a path of UTF-8")], arguments].concat())
    }

    /// What it is refused with.
    ///
    /// # Panics
    ///
    /// When it starts.
    pub fn refusal(&self) -> String {
        server::refusal(&["--manifest", self.manifest().to_str().expect("a path of UTF-8")])
    }
}
