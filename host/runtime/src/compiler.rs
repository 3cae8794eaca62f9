//! Compiled components: made once, kept, and mapped into memory.

use std::fs::OpenOptions;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use farebox_document::hex;
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::data_dir::write_private;
use crate::engine::anyhow_error;

/// Compiled components kept in the cache. Enough to go back and forth between a few builds.
const CACHED: usize = 8;

/// Compiles components, or finds them compiled.
///
/// The cache folder holds machine code that is run as it is. It has to be private to the user who runs the host.
pub struct Compiler {
    engine: Engine,
    cache: PathBuf,
}

impl Compiler {
    /// A compiler with a cache in a private folder.
    #[must_use]
    pub fn new(engine: Engine, cache: PathBuf) -> Self {
        Self { engine, cache }
    }

    /// The compiled component. A cache entry that is missing or damaged is made anew; a cache that cannot be written
    /// costs time, nothing else.
    ///
    /// # Errors
    ///
    /// The bytes are not a valid component.
    pub fn component(&self, bytes: &[u8]) -> anyhow::Result<Component> {
        let path = self.path(bytes);
        match self.load(&path) {
            Ok(Some(component)) => return Ok(component),
            Ok(None) => {}
            Err(error) => tracing::warn!("a compiled component in the cache is not usable, compiling again: {error:#}"),
        }
        let code = self.engine.precompile_component(bytes).map_err(anyhow_error)?;
        let mut entry = Sha256::digest(&code).to_vec();
        entry.extend_from_slice(&code);
        if let Err(error) = write_private(&path, &entry).and_then(|()| self.prune()) {
            tracing::warn!("cannot keep a compiled component in {:?}: {error}", self.cache);
        }
        self.deserialize(&code)
    }

    /// Named after everything the machine code depends on: the component, the engine's version and its settings.
    fn path(&self, bytes: &[u8]) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        self.engine.precompile_compatibility_hash().hash(&mut hasher);
        self.cache.join(format!("{}-{:016x}.cwasm", hex(&Sha256::digest(bytes)), hasher.finish()))
    }

    fn load(&self, path: &Path) -> anyhow::Result<Option<Component>> {
        let mut file = match OpenOptions::new().read(true).custom_flags(NO_FOLLOW).open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let (file_is, folder_is) = (file.metadata()?, self.cache.metadata()?);
        let is_private = |mode: u32| mode & 0o077 == 0;
        anyhow::ensure!(
            is_private(file_is.mode()) && is_private(folder_is.mode()) && file_is.uid() == folder_is.uid(),
            "{path:?} or its folder can be used by others"
        );
        let mut entry = Vec::new();
        file.read_to_end(&mut entry)?;
        let (checksum, code) = entry.split_at_checked(32).context("it is too short")?;
        anyhow::ensure!(Sha256::digest(code)[..] == *checksum, "its checksum is wrong");
        self.deserialize(code).map(Some)
    }

    fn deserialize(&self, code: &[u8]) -> anyhow::Result<Component> {
        // SAFETY: the code has to come from this version of wasmtime's compiler. It does: either `component` compiled
        // it just now, or it comes from a file that only `component` writes, in a folder and with a mode that let
        // nobody but this user write, under a name that holds the engine's compatibility hash; and its checksum, which
        // was verified on these very bytes, shows that the file is whole. wasmtime checks version and settings again.
        #[allow(unsafe_code)]
        let component = unsafe { Component::deserialize(&self.engine, code) };
        component.map_err(anyhow_error)
    }

    fn prune(&self) -> std::io::Result<()> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(&self.cache)? {
            let entry = entry?;
            entries.push((entry.metadata()?.modified()?, entry.path()));
        }
        entries.sort_unstable();
        let surplus = entries.len().saturating_sub(CACHED);
        entries[..surplus].iter().try_for_each(|(_, path)| std::fs::remove_file(path))
    }
}

/// `O_NOFOLLOW`: a symbolic link is not a file we have written.
const NO_FOLLOW: i32 = 0o400_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::engine;
    use std::os::unix::fs::PermissionsExt as _;

    /// A second start finds the code; a damaged or foreign entry is compiled again and never run.
    #[test]
    fn a_damaged_cache_entry_is_compiled_again() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let compiler = Compiler::new(engine(1 << 20, 1).unwrap(), folder.path().to_owned());
        let component = wat::parse_str("(component)").unwrap();
        let path = compiler.path(&component);

        assert!(compiler.load(&path).unwrap().is_none());
        compiler.component(&component).unwrap();
        assert!(compiler.load(&path).unwrap().is_some());

        let whole = std::fs::read(&path).unwrap();
        let damage: [fn(&mut Vec<u8>); 4] = [
            |entry| entry.clear(),
            |entry| entry.truncate(40),
            |entry| *entry.last_mut().unwrap() ^= 1,
            |entry| entry[0] ^= 1,
        ];
        for damage in damage {
            let mut entry = whole.clone();
            damage(&mut entry);
            std::fs::write(&path, entry).unwrap();
            assert!(compiler.load(&path).is_err());
            compiler.component(&component).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), whole);
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert!(compiler.load(&path).is_err());
    }

    #[test]
    fn the_cache_does_not_grow_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let compiler = Compiler::new(engine(1 << 20, 1).unwrap(), folder.path().to_owned());
        for n in 0..CACHED + 3 {
            compiler.component(&wat::parse_str(format!("(component (core module $m{n}))")).unwrap()).unwrap();
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), CACHED);
    }
}
