//! `keys.json` of a configuration, changed as a whole or not at all.

use anyhow::{Context as _, bail, ensure};
use std::fs::{self, File, Metadata, Permissions, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

/// What the file is called.
pub const NAME: &str = "keys.json";

/// How long somebody else who changes it is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Of a file that is new: it is the configuration's, and its secrets are sealed.
const NEW: u32 = 0o644;

/// The file, kept from others who change it.
#[derive(Debug)]
pub struct Held {
    /// As people are told of it.
    name: String,
    /// Where it is, behind all links.
    path: PathBuf,
    text: Option<String>,
    /// Of the folder: the file itself is another one after each change.
    _lock: File,
}

/// What is to take the file's place. It is removed when it does not.
#[derive(Debug)]
pub struct Prepared {
    held: Held,
    new: NamedTempFile,
}

/// The text of the file in a folder. `None` when there is none.
///
/// # Errors
///
/// It cannot be read, or there is no such folder.
pub fn read(config: &Path) -> anyhow::Result<Option<String>> {
    is_there(config)?;
    let path = config.join(NAME);
    read_file(&path, &path.display().to_string())
}

fn is_there(config: &Path) -> anyhow::Result<()> {
    ensure!(config.is_dir(), "there is no folder {}; --config names that of the configuration", config.display());
    Ok(())
}

fn read_file(path: &Path, name: &str) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {name}")),
    }
}

impl Held {
    /// Takes the file of a folder.
    ///
    /// # Errors
    ///
    /// It cannot be read, there is no such folder, or somebody else has it for long.
    pub fn take(config: &Path) -> anyhow::Result<Self> {
        is_there(config)?;
        let given = config.join(NAME);
        let name = given.display().to_string();
        let path = match fs::canonicalize(&given) {
            Ok(path) => path,
            Err(error) if error.kind() == ErrorKind::NotFound => given,
            Err(error) => return Err(error).with_context(|| format!("cannot read {name}")),
        };
        let lock = lock(folder(&path), &name)?;
        let text = read_file(&path, &name)?;
        Ok(Self { name, path, text, _lock: lock })
    }

    /// As people are told of it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it says. `None` when there is none.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Writes what is to take its place, beside it and to the disk.
    ///
    /// # Errors
    ///
    /// It cannot be written. The file is as it was.
    pub fn prepare(self, text: &str) -> anyhow::Result<Prepared> {
        let new = write_beside(&self.path, text).with_context(|| {
            let folder = folder(&self.path).display();
            let Self { name, .. } = &self;
            format!(
                "cannot write {name}, and nothing is changed; see that {folder} can be written to, and that its disk has room"
            )
        })?;
        Ok(Prepared { held: self, new })
    }
}

impl Prepared {
    /// Takes the place of the file.
    ///
    /// # Errors
    ///
    /// It does not, and the file is as it was: somebody changed it who does not know of locks, an editor say.
    pub fn put(self) -> anyhow::Result<()> {
        let Self { held, new } = self;
        let name = &held.name;
        if read_file(&held.path, name)? != held.text {
            bail!(
                "{name} was changed by somebody else meanwhile, so nothing was done; what was printed does not count. Try again"
            );
        }
        let kept = || format!("cannot replace {name}, so nothing was done; what was printed does not count");
        new.persist(&held.path).map_err(|error| error.error).with_context(kept)?;
        // Until the folder is on the disk the change may be undone by a power cut. Some file systems have nothing to do for it, and say so.
        let _ = File::open(folder(&held.path)).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// Waits for whoever changes the file. Where a file system knows no locks, that the file is compared before it is replaced has to do.
fn lock(folder: &Path, name: &str) -> anyhow::Result<File> {
    let file = File::open(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let deadline = Instant::now() + PATIENCE;
    while let Err(TryLockError::WouldBlock) = file.try_lock() {
        if Instant::now() > deadline {
            let patience = PATIENCE.as_secs();
            bail!(
                "somebody else has been changing {name} for {patience} s; nothing was done, so try again when they are ready"
            );
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(file)
}

fn write_beside(path: &Path, text: &str) -> std::io::Result<NamedTempFile> {
    let mut new = tempfile::Builder::new().prefix(".keys.json.").tempfile_in(folder(path))?;
    new.write_all(text.as_bytes())?;
    let before = match fs::metadata(path) {
        Ok(before) => Some(before),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if let Some(before) = &before {
        keep_owner(new.as_file(), before);
    }
    let mode = before.map_or(NEW, |before| before.permissions().mode() & 0o777);
    new.as_file().set_permissions(Permissions::from_mode(mode))?;
    new.as_file().sync_all()?;
    Ok(new)
}

/// Whoever is no administrator can give nothing away: then it is theirs, as when an editor writes it.
fn keep_owner(new: &File, before: &Metadata) {
    if new.metadata().is_ok_and(|new| (new.uid(), new.gid()) != (before.uid(), before.gid())) {
        let _ = fchown(new, Some(before.uid()), Some(before.gid())).or_else(|_| fchown(new, None, Some(before.gid())));
    }
}
