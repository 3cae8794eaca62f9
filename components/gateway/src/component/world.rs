//! The world as the host shows it: files, variables, time, chance, the log.

use super::engines::Components;
use farebox_archive::ArchiveFolder;
use farebox_billing::engines::Catalogue;
use farebox_billing::event::Event;
use farebox_billing::ports::{Archive, Clock, Events, Files, Ids, Ports, Spawn, Stamp, Variables};
use std::cell::{Cell, OnceCell, RefCell};
use std::io::Write as _;
use std::marker::PhantomData;
use std::path::Path;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the configuration is mounted.
const CONFIG: &str = "/config";

/// Where the archive is.
const ARCHIVE: &str = "/archive";

/// Everything around billing, with what renders or without.
pub struct World<C>(PhantomData<C>);

impl<C> World<C> {
    /// As this host shows it.
    #[expect(clippy::new_without_default, reason = "nothing about it is by default")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<C: Catalogue + 'static> Ports for World<C> {
    type Engines = Components<C>;
}

impl<C> Files for World<C> {
    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let entries = std::fs::read_dir(Path::new(CONFIG).join(folder)).map_err(|error| error.to_string())?;
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.map(|entry| entry.file_name().to_string_lossy().into_owned()).map_err(|error| error.to_string())
        };
        entries.map(name).collect()
    }

    fn stamp(&self, path: &str) -> Result<Stamp, String> {
        let about = std::fs::metadata(Path::new(CONFIG).join(path));
        let about = about.map_err(|error| format!("cannot be read: {error}"))?;
        // A file system that does not know gives every file the youngest age there is, so that each is read each time.
        let modified = about.modified().ok().and_then(|modified| modified.duration_since(UNIX_EPOCH).ok());
        let modified_ns = modified.and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or(u64::MAX);
        Ok(Stamp { is_folder: about.is_dir(), bytes: about.len(), modified_ns })
    }

    fn read(&self, path: &str) -> Result<String, String> {
        std::fs::read_to_string(Path::new(CONFIG).join(path)).map_err(|error| format!("cannot be read: {error}"))
    }
}

/// The archive, where operators have mounted one.
fn archive() -> ArchiveFolder<'static> {
    ArchiveFolder(Path::new(ARCHIVE))
}

impl<C> Archive for World<C> {
    fn archived_days(&self, city: &str) -> Result<Vec<String>, String> {
        archive().days(city)
    }

    fn archive_manifest(&self, city: &str, day: &str) -> Result<String, String> {
        archive().manifest(city, day)
    }

    fn archived(&self, city: &str, day: &str, at: u64, most: u32) -> Result<Vec<u8>, String> {
        archive().bytes(city, day, at, most)
    }
}

impl<C> Variables for World<C> {
    async fn variable(&self, name: &str) -> Result<String, String> {
        spin_sdk::variables::get(name).await.map_err(|error| error.to_string())
    }
}

impl<C> Clock for World<C> {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn elapsed(&self) -> Duration {
        thread_local! {
            static BEGAN: OnceCell<Instant> = const { OnceCell::new() };
        }
        BEGAN.with(|began| began.get_or_init(Instant::now).elapsed())
    }

    async fn sleep(&self, time: Duration) {
        spin_sdk::time::sleep(time).await;
    }
}

impl<C> Ids for World<C> {
    fn unique(&self) -> u64 {
        thread_local! {
            static NEXT: Cell<Option<u64>> = const { Cell::new(None) };
        }
        // Asking the host costs more than counting on from where it let us begin.
        let number = NEXT.get().unwrap_or_else(seed);
        NEXT.set(Some(number.wrapping_add(1)));
        number
    }
}

impl<C> Events for World<C> {
    fn tell(&self, trace: &str, event: &Event) {
        let mut line = event.line(trace);
        line.push('\n');
        // In one piece, so that lines of two instances do not mix. A log that is gone is no reason to fail.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}

impl<C> Spawn for World<C> {
    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>) {
        spin_sdk::wasip3::wit_bindgen::spawn(work);
    }
}

/// Bytes for the identifiers of a trace: different in each request, and no secret.
pub fn random() -> [u8; 24] {
    thread_local! {
        static NUMBERS: RefCell<fastrand::Rng> = RefCell::new(fastrand::Rng::with_seed(seed()));
    }
    let mut bytes = [0; 24];
    NUMBERS.with_borrow_mut(|numbers| numbers.fill(&mut bytes));
    bytes
}

/// A number from the host that nobody can guess.
fn seed() -> u64 {
    spin_sdk::wasip3::random::random::get_random_u64()
}
