//! `wasi:filesystem`: the folders a component can read.

use std::collections::BTreeSet;
use std::path::PathBuf;

use wasmtime::error::Context as _;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use super::denial::Denial;
use crate::manifest::check::Checked;
use crate::manifest::{Component, FileMount, Manifest};

/// Adds what this host cannot show a component.
pub fn check(checked: &mut Checked<'_>) {
    let mut destinations = BTreeSet::new();
    for mount in &checked.component.files {
        match mount {
            FileMount::Pattern(pattern) => checked.add(
                "files",
                format!(
                    "the local host does not support patterns such as {pattern:?}; \
                     write {{ source = \"folder\", destination = \"/path\" }}"
                ),
            ),
            FileMount::Placement(placement) => {
                if !checked.manifest.path(&placement.source).is_dir() {
                    checked.add("files", format!("there is no folder {:?}", placement.source));
                }
                if !placement.destination.starts_with('/') {
                    checked.add(
                        "files",
                        format!("the destination {:?} has to be an absolute path", placement.destination),
                    );
                }
                if !destinations.insert(&placement.destination) {
                    checked.add("files", format!("two folders have the destination {:?}", placement.destination));
                }
            }
        }
    }
}

/// The folders that the manifest grants a component, and where it sees them.
#[must_use]
pub fn grant(manifest: &Manifest, component: &Component) -> Vec<(PathBuf, String)> {
    let folder = |mount: &FileMount| match mount {
        FileMount::Placement(placement) => Some((manifest.path(&placement.source), placement.destination.clone())),
        FileMount::Pattern(_) => None,
    };
    component.files.iter().filter_map(folder).collect()
}

/// Shows an instance its folders, for reading.
///
/// # Errors
///
/// A folder cannot be opened.
pub fn show(folders: &[(PathBuf, String)], wasi: &mut WasiCtxBuilder) -> wasmtime::Result<()> {
    // A guest waits for a file either way, and files of a configuration are small: passing each call to another thread and back
    // takes ten times as long as the call.
    wasi.allow_blocking_current_thread(true);
    for (folder, destination) in folders {
        wasi.preopened_dir(folder, destination, FsPerms::ReadOnly)
            .with_context(|| format!("the folder {folder:?} cannot be shown"))?;
    }
    Ok(())
}

/// No folders.
pub const DENIAL: Denial = Denial {
    interface: "wasi:filesystem/preopens",
    version: None,
    wit: include_str!("files/denial.wit"),
    wat: include_str!("files/denial.wat"),
};
