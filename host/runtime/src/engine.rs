//! The WebAssembly engine: its limits, its clock, and the cache of compiled components.

use std::fs::OpenOptions;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use farebox_document::hex;
use sha2::{Digest as _, Sha256};
use wasmtime::component::Component;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, ResourceLimiter};

use crate::data_dir::write_private;

/// How often running guests are interrupted to let others, and deadlines, have their turn.
const TICK: Duration = Duration::from_millis(5);

/// Compiled components kept in the cache. Enough to go back and forth between a few builds.
const CACHED: usize = 8;

/// Makes the engine and starts its clock.
///
/// `memory` is the most bytes a single linear memory may have, `instances` the most component instances there may be
/// at once.
///
/// # Errors
///
/// The machine cannot reserve the address space for this many instances.
pub fn engine(memory: usize, instances: u32) -> anyhow::Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    // A composed application is one component instance of a dozen components, each with its own memory, and each with
    // a few small core instances around it. Only what is used takes memory.
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(64))
        .total_memories(instances.saturating_mul(12))
        .total_tables(instances.saturating_mul(32))
        .total_stacks(instances.saturating_mul(4))
        .max_memory_size(memory);
    let mut config = Config::new();
    config
        .wasm_component_model_async(true)
        .epoch_interruption(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    let engine = Engine::new(&config).map_err(anyhow_error).context("cannot start the WebAssembly engine")?;

    let clock = engine.weak();
    std::thread::Builder::new().name("epoch".to_owned()).spawn(move || {
        while let Some(engine) = clock.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    })?;
    Ok(engine)
}

/// Makes an engine for as many instances as are wanted, or for as many as the machine has address space for: half as many, and
/// again half, but at least so many. Returns for how many.
///
/// # Errors
///
/// There is not even address space for the least.
pub fn engine_that_fits(memory: usize, wanted: u32, least: u32) -> anyhow::Result<(Engine, u32)> {
    let mut instances = wanted.max(least);
    loop {
        match engine(memory, instances) {
            Ok(engine) => {
                if instances < wanted {
                    tracing::warn!(
                        "there may be {instances} instances at once instead of {wanted}: the machine has no address space for more; \
                         ulimit -v unlimited allows it"
                    );
                }
                return Ok((engine, instances));
            }
            Err(error) if instances <= least => return Err(error),
            Err(_) => instances = (instances / 2).max(least),
        }
    }
}

/// wasmtime has an error type of its own.
#[must_use]
pub fn anyhow_error(error: wasmtime::Error) -> anyhow::Error {
    anyhow::Error::from_boxed(error.into_boxed_dyn_error())
}

/// Limits the memory of one instance: the sum over all its linear memories, in bytes.
#[derive(Debug)]
pub struct MemoryLimit {
    limit: usize,
    left: usize,
}

impl MemoryLimit {
    /// At most this many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { limit: bytes, left: bytes }
    }

    /// Whether the instance has taken a quarter of it. It never gives any back.
    #[must_use]
    pub fn is_grown(&self) -> bool {
        self.left < self.limit / 4 * 3
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let Some(left) = self.left.checked_sub(more) else {
            tracing::warn!(current, desired, left = self.left, "a guest reached its memory limit");
            return Ok(false);
        };
        self.left = left;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        // The pool bounds tables.
        Ok(true)
    }
}

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
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::Instant;

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

    /// All memories of an instance count together.
    #[test]
    fn memory_is_limited_over_all_memories() {
        let mut limit = MemoryLimit::new(100);
        assert!(limit.memory_growing(0, 60, None).unwrap());
        assert!(limit.memory_growing(0, 30, None).unwrap());
        assert!(!limit.memory_growing(30, 50, None).unwrap());
        assert!(limit.memory_growing(30, 40, None).unwrap());
    }

    #[test]
    fn the_clock_ticks_and_stops_with_the_engine() {
        let engine = engine(1 << 20, 1).unwrap();
        let weak = engine.weak();
        drop(engine);
        let start = Instant::now();
        while weak.upgrade().is_some() {
            assert!(start.elapsed() < Duration::from_secs(5));
            std::thread::sleep(TICK);
        }
    }
}
