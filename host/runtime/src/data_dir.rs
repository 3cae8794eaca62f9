//! The folder where a local run keeps what outlives it.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use farebox_document::hex;

/// A data directory, for this process alone as long as this value lives.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// Held, never read: the lock goes when the file is closed.
    _lock: File,
}

impl DataDir {
    /// Makes the folder unless it is there, readable by its owner only, and locks it.
    ///
    /// # Errors
    ///
    /// The folder cannot be made, or another host has it.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("cannot make the data directory {path:?}"))?;
        let lock = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join("lock"))
            .with_context(|| format!("cannot write to the data directory {path:?}"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                bail!("another farebox is using the data directory {path:?}; stop it, or choose another with --data")
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock the data directory {path:?}"))
            }
        }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of the embedded database, which may not be there yet.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join("farebox.sqlite")
    }

    /// A folder for compiled components, which nobody but its owner can write.
    ///
    /// # Errors
    ///
    /// It cannot be made or made private, or belongs to another user, whose code would be run.
    pub fn cache(&self) -> anyhow::Result<PathBuf> {
        let path = self.path.join("cache");
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path).with_context(|| {
            format!("cannot make the folder {path:?}; remove what is in its place, or make {:?} writable", self.path)
        })?;
        let (owner, user) = (std::fs::metadata(&path)?.uid(), rustix::process::geteuid().as_raw());
        if owner != user {
            bail!(
                "{path:?} belongs to user {owner}, and this process is user {user}'s; give it to that one, or remove it"
            );
        }
        std::fs::set_permissions(&path, Permissions::from_mode(0o700))
            .with_context(|| format!("cannot make {path:?} private to its owner"))?;
        Ok(path)
    }

    /// The signing key that belongs to this data: made the first time, 32 random bytes in hexadecimal, and kept.
    ///
    /// # Errors
    ///
    /// It cannot be read or written, or the file holds something else.
    pub fn signing_key(&self) -> anyhow::Result<String> {
        let path = self.path.join("signing.key");
        if let Some(kept) = read_if_exists(&path).with_context(|| format!("cannot read the signing key {path:?}"))? {
            let key = kept.trim();
            if key.len() != 64 || !key.bytes().all(|b| b.is_ascii_hexdigit()) {
                bail!("{path:?} does not hold a signing key (64 hexadecimal digits); remove it to have a new one made");
            }
            return Ok(key.to_owned());
        }
        let key = random_key()?;
        write_private(&path, &[key.as_bytes(), b"\n"])
            .with_context(|| format!("cannot write the signing key {path:?}"))?;
        Ok(key)
    }
}

/// A secret that nobody has: 64 hexadecimal digits.
///
/// # Errors
///
/// The system has no random numbers.
pub fn random_key() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the system has no random numbers for a key")?;
    Ok(hex(&bytes))
}

/// Writes a file that only its owner can read: whole, or not at all.
///
/// # Errors
///
/// As usual with files.
pub fn write_private(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&unfinished)?;
    parts.iter().try_for_each(|part| file.write_all(part))?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)
}

fn read_if_exists(path: &Path) -> std::io::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The key survives a restart and is nobody else's to read; two hosts never share a data directory.
    #[test]
    fn keeps_its_key_and_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let first = DataDir::open(&path).unwrap();
        let key = first.signing_key().unwrap();
        assert_eq!(key.len(), 64);
        assert_eq!(std::fs::metadata(path.join("signing.key")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);

        let error = DataDir::open(&path).unwrap_err().to_string();
        assert!(error.contains("another farebox"), "{error}");
        drop(first);
        assert_eq!(DataDir::open(&path).unwrap().signing_key().unwrap(), key);

        std::fs::write(path.join("signing.key"), "short").unwrap();
        assert!(DataDir::open(&path).unwrap().signing_key().is_err());
    }
    /// The folder for compiled components is private to this user; where it cannot be, it is said why not and what to do.
    #[test]
    fn the_cache_is_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let path = folder.path().join("cache");
        assert_eq!(data.cache().unwrap(), path);
        std::fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
        data.cache().unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);

        // Where a test may give a folder away.
        if std::os::unix::fs::chown(&path, Some(4242), None).is_ok() {
            let error = format!("{:#}", data.cache().unwrap_err());
            assert!(error.contains("belongs to user 4242") && error.contains("remove it"), "{error}");
        }
        std::fs::remove_dir(&path).unwrap();
        std::fs::write(&path, "").unwrap();
        let error = format!("{:#}", data.cache().unwrap_err());
        assert!(error.contains("remove what is in its place"), "{error}");
    }
}
