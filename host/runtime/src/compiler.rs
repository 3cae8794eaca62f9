//! Compiled components: made once, kept in files, and mapped from there.

use std::fs::OpenOptions;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use farebox_document::hex;
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::compile::Apart;
use crate::data_dir::write_private;
use crate::engine::anyhow_error;

/// Compiled components kept in the cache. Enough to go back and forth between a few builds.
const CACHED: usize = 8;

/// Bytes that are read at once to be checked.
const READ: usize = 64 * 1024;

/// The bytes of a checksum.
const CHECKSUM: u64 = 32;

/// Compiles components, or finds them compiled.
///
/// The cache folder holds machine code that is run as it is. It has to be private to the user who runs the host.
pub struct Compiler {
    engine: Engine,
    cache: Option<PathBuf>,
    apart: Option<Apart>,
}

impl Compiler {
    /// A compiler with a cache in a private folder, or with none.
    #[must_use]
    pub fn new(engine: Engine, cache: Option<PathBuf>) -> Self {
        Self { engine, cache, apart: None }
    }

    /// The same, that has another process compile, where there can be one.
    #[must_use]
    pub fn with(self, apart: Option<Apart>) -> Self {
        Self { apart, ..self }
    }

    /// The compiled component. A cache entry that is missing or damaged is made anew; a cache that cannot be written
    /// costs time and memory, nothing else.
    ///
    /// # Errors
    ///
    /// The bytes are not a valid component.
    pub fn component(&self, bytes: &[u8]) -> anyhow::Result<Component> {
        let entry = self.cache.as_deref().map(|cache| Entry { cache, path: self.path(cache, bytes) });
        match entry.as_ref().map(|entry| self.load(entry)).transpose() {
            Ok(Some(Some(component))) => return Ok(component),
            Ok(_) => {}
            Err(error) => tracing::warn!("a compiled component in the cache is not usable, compiling again: {error:#}"),
        }
        if let Some(apart) = &self.apart {
            match apart.compile(bytes).and_then(|code| self.keep(entry.as_ref(), &code)) {
                Ok(component) => return Ok(component),
                // Whatever is wrong with the component, this process finds as well, and says.
                Err(error) => tracing::debug!("compiling in this process: {error:#}"),
            }
        }
        let code = self.engine.precompile_component(bytes).map_err(anyhow_error)?;
        self.keep(entry.as_ref(), &code)
    }

    /// Named after everything the machine code depends on: the component, the engine's version and its settings.
    fn path(&self, cache: &Path, bytes: &[u8]) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        self.engine.precompile_compatibility_hash().hash(&mut hasher);
        cache.join(format!("{}-{:016x}.cwasm", hex(&Sha256::digest(bytes)), hasher.finish()))
    }

    /// Keeps machine code, with its checksum at the end, and maps it as a later start does: what is in a file need not be in
    /// memory.
    fn keep(&self, entry: Option<&Entry<'_>>, code: &[u8]) -> anyhow::Result<Component> {
        if let Some(entry @ Entry { cache, path }) = entry {
            let kept = write_private(path, &[code, &Sha256::digest(code)]).and_then(|()| prune(cache));
            match kept.map_err(anyhow::Error::from).and_then(|()| self.load(entry)) {
                Ok(Some(component)) => return Ok(component),
                Ok(None) => {}
                Err(error) => tracing::warn!("cannot keep a compiled component in {cache:?}: {error:#}"),
            }
        }
        // SAFETY: see `load`. It is this version of wasmtime's compiler that has made the code, just now; wasmtime checks that.
        #[allow(unsafe_code)]
        let component = unsafe { Component::deserialize(&self.engine, code) };
        component.map_err(anyhow_error)
    }

    fn load(&self, Entry { cache, path }: &Entry<'_>) -> anyhow::Result<Option<Component>> {
        let mut file = match OpenOptions::new().read(true).custom_flags(NO_FOLLOW).open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let (file_is, folder_is) = (file.metadata()?, cache.metadata()?);
        let is_private = |mode: u32| mode & 0o077 == 0;
        anyhow::ensure!(
            is_private(file_is.mode()) && is_private(folder_is.mode()) && file_is.uid() == folder_is.uid(),
            "{path:?} or its folder can be used by others"
        );
        let length = file_is.len().checked_sub(CHECKSUM).context("it is too short")?;
        let mut hasher = Sha256::new();
        let mut code = BufReader::with_capacity(READ, (&mut file).take(length));
        loop {
            let read = code.fill_buf()?;
            if read.is_empty() {
                break;
            }
            hasher.update(read);
            let count = read.len();
            code.consume(count);
        }
        let mut checksum = Vec::new();
        file.read_to_end(&mut checksum)?;
        anyhow::ensure!(hasher.finalize()[..] == checksum, "its checksum is wrong");
        // What is used is kept longest. Where that cannot be noted, it goes by when it was made.
        _ = file.set_modified(SystemTime::now());
        // SAFETY: the code has to come from this version of wasmtime's compiler, and to stay as it is. It does: only `keep`
        // writes such a file, as a whole and under a new name before it gets this one, in a folder and with a mode that let
        // nobody but this user write, under a name that holds the engine's compatibility hash; and its checksum shows that it
        // is whole. wasmtime checks version and settings again.
        #[allow(unsafe_code)]
        let component = unsafe { Component::deserialize_file(&self.engine, path) };
        component.map(Some).map_err(anyhow_error)
    }
}

/// Where a component's machine code is kept.
struct Entry<'a> {
    cache: &'a Path,
    path: PathBuf,
}

fn prune(cache: &Path) -> std::io::Result<()> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(cache)? {
        let entry = entry?;
        entries.push((entry.metadata()?.modified()?, entry.path()));
    }
    surplus(entries).iter().try_for_each(std::fs::remove_file)
}

/// What of a cache is removed: of all that are kept, and when each was used last, those that were not used for longest.
fn surplus(mut entries: Vec<(SystemTime, PathBuf)>) -> Vec<PathBuf> {
    entries.sort_unstable();
    let count = entries.len().saturating_sub(CACHED);
    entries.into_iter().take(count).map(|(_, path)| path).collect()
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
        let compiler = Compiler::new(engine(1 << 20, 1).unwrap(), Some(folder.path().to_owned()));
        let component = wat::parse_str("(component)").unwrap();
        let path = compiler.path(folder.path(), &component);
        let load = || compiler.load(&Entry { cache: folder.path(), path: path.clone() });

        assert!(load().unwrap().is_none());
        compiler.component(&component).unwrap();
        assert!(load().unwrap().is_some());

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
            assert!(load().is_err());
            compiler.component(&component).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), whole);
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert!(load().is_err());
    }

    /// Whatever becomes of the process that is to compile, the component is compiled; with a cache or without.
    #[test]
    fn this_process_compiles_when_another_does_not() {
        let component = wat::parse_str("(component)").unwrap();
        for (why, program) in [
            ("there is none", "/nowhere/farebox"),
            ("it fails", "/bin/false"),
            ("it says nothing", "/bin/true"),
            ("it says something else", "/bin/echo"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
            for cache in [Some(folder.path().to_owned()), None] {
                let is_kept = cache.is_some();
                let apart = Apart::of(program.into(), 1 << 20);
                let compiler = Compiler::new(engine(1 << 20, 1).unwrap(), cache).with(Some(apart));
                assert!(compiler.component(&component).is_ok(), "{why}");
                if is_kept {
                    let entry = Entry { cache: folder.path(), path: compiler.path(folder.path(), &component) };
                    assert!(compiler.load(&entry).unwrap().is_some(), "{why}: it is kept for the next start");
                }
            }
            let compiler = Compiler::new(engine(1 << 20, 1).unwrap(), None).with(Some(Apart::of(program.into(), 1)));
            assert!(compiler.component(b"none").is_err(), "{why}: what is no component is none");
        }
    }

    /// Of more than are kept, those go that were not used for longest.
    #[test]
    fn what_was_not_used_for_longest_is_removed() {
        for (why, used, expected) in [
            ("few", &[3, 1, 2][..], &[][..]),
            ("as many as are kept", &[8, 7, 6, 5, 4, 3, 2, 1], &[]),
            ("one more", &[5, 9, 8, 7, 1, 6, 4, 3, 2], &[4]),
            ("used again", &[5, 9, 8, 7, 10, 6, 4, 3, 2], &[8]),
            ("two more", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], &[0, 1]),
        ] {
            let at = |second| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
            let path = |number: usize| PathBuf::from(number.to_string());
            let entries = used.iter().enumerate().map(|(number, second)| (at(*second), path(number))).collect();
            let expected: Vec<_> = expected.iter().copied().map(path).collect();
            assert_eq!(surplus(entries), expected, "{why}");
        }
    }

    #[test]
    fn the_cache_does_not_grow_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let compiler = Compiler::new(engine(1 << 20, 1).unwrap(), Some(folder.path().to_owned()));
        for n in 0..CACHED + 3 {
            compiler.component(&wat::parse_str(format!("(component (core module $m{n}))")).unwrap()).unwrap();
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), CACHED);
    }
}
