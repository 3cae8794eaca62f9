//! Bills that left the store.

/// The files of an archive: whoever operates this service writes them, and it reads them. By default there are none.
pub trait Archive {
    /// The days of a city that there is a file of, each as 2026-11-26, in any order.
    ///
    /// # Errors
    ///
    /// Why they cannot be listed.
    fn archived_days(&self, _city: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    /// What the file of a city and a day says of itself.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    fn archive_manifest(&self, _city: &str, _day: &str) -> Result<String, String> {
        Err(NONE.to_owned())
    }

    /// Up to so many bytes of the file of a city and a day, from this one on: fewer where it ends.
    ///
    /// # Errors
    ///
    /// Why they cannot be read.
    fn archived(&self, _city: &str, _day: &str, _at: u64, _most: u32) -> Result<Vec<u8>, String> {
        Err(NONE.to_owned())
    }
}

const NONE: &str = "there is no archive";
