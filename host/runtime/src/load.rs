//! Reads a manifest and tells, all at once, what of it cannot be run here.

use std::path::Path;

use anyhow::Context as _;

use crate::capabilities;
use crate::manifest::check::{self, Checked};
use crate::manifest::{Manifest, unknown_keys};
use crate::misfits::Misfits;

/// Reads and checks a manifest.
///
/// # Errors
///
/// The file cannot be read; it is not TOML, or a value has the wrong type; or everything else that is wrong with it,
/// all at once.
pub fn load(path: &Path) -> anyhow::Result<Manifest> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the manifest {path:?}"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    parse(&text, folder).with_context(|| format!("{} cannot be run", path.display()))
}

fn parse(text: &str, folder: &Path) -> anyhow::Result<Manifest> {
    let mut misfits = Misfits::default();
    let mut manifest: Manifest = unknown_keys::deserialize(text, &mut misfits)?;
    manifest.folder = folder.to_owned();
    check::application(&manifest, &mut misfits);
    for (id, component) in &manifest.components {
        let mut checked = Checked { manifest: &manifest, id, component, misfits: &mut misfits };
        checked.composition();
        capabilities::check(&mut checked);
    }
    misfits.into_result("it does not make sense to the local host")?;
    Ok(manifest)
}

#[cfg(test)]
mod tests;
