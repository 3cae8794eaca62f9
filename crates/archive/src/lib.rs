//! The files of an archive, where they are: bills that left the store, by city and day. What is in them is for whoever reads them.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// An archive in a folder: `<city>/<day>.jsonl.gz`, and `<city>/<day>.json` beside it, which is written last.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveFolder<'a>(pub &'a Path);

impl ArchiveFolder<'_> {
    fn file(self, city: &str, day: &str, end: &str) -> PathBuf {
        self.0.join(city).join(format!("{day}.{end}"))
    }

    /// The days of a city that there is a file of, each as 2026-11-26, in any order.
    ///
    /// # Errors
    ///
    /// Why they cannot be listed.
    pub fn days(self, city: &str) -> Result<Vec<String>, String> {
        let entries = match fs::read_dir(self.0.join(city)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| error.to_string())?,
        };
        let mut days = Vec::new();
        for entry in entries {
            let name = entry.map_err(|error| error.to_string())?.file_name();
            days.extend(name.to_str().and_then(|name| name.strip_suffix(".json")).map(str::to_owned));
        }
        Ok(days)
    }

    /// What the file of a city and a day says of itself.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub fn manifest(self, city: &str, day: &str) -> Result<String, String> {
        fs::read_to_string(self.file(city, day, "json")).map_err(|error| error.to_string())
    }

    /// Up to so many bytes of the file of a city and a day, from this one on: fewer where it ends.
    ///
    /// # Errors
    ///
    /// Why they cannot be read.
    pub fn bytes(self, city: &str, day: &str, at: u64, most: u32) -> Result<Vec<u8>, String> {
        let read = || {
            let mut file = File::open(self.file(city, day, "jsonl.gz"))?;
            file.seek(SeekFrom::Start(at))?;
            let mut bytes = Vec::new();
            file.take(u64::from(most)).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|error: std::io::Error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What there is no file of is no day, and bytes are read from where they are asked for, as far as there are any.
    #[test]
    fn folders_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let archive = ArchiveFolder(folder.path());
        assert_eq!(archive.days("a"), Ok(vec![]));
        fs::create_dir(folder.path().join("a")).unwrap();
        for (name, text) in [("2026-10-01.json", "{}"), ("2026-10-01.jsonl.gz", "abcdef"), ("2026-10-02.jsonl.gz", "")]
        {
            fs::write(folder.path().join("a").join(name), text).unwrap();
        }
        assert_eq!(archive.days("a"), Ok(vec!["2026-10-01".to_owned()]));
        assert_eq!(archive.manifest("a", "2026-10-01"), Ok("{}".to_owned()));
        assert!(archive.manifest("a", "2026-10-02").is_err());
        assert_eq!(archive.bytes("a", "2026-10-01", 2, 3), Ok(b"cde".to_vec()));
        assert_eq!(archive.bytes("a", "2026-10-01", 4, 3), Ok(b"ef".to_vec()));
        assert_eq!(archive.bytes("a", "2026-10-01", 9, 3), Ok(vec![]));
        assert!(archive.bytes("b", "2026-10-01", 0, 3).is_err());
    }
}
