//! The folder of the configuration, read whole.

use super::place::{FOLDERS, OF_CITIES, Place};
use super::texts::{Manifest, Text, Texts};
use crate::ports::{Files, Stamp};
use std::collections::BTreeMap;

/// A file that was changed more recently than this before it was read, in nanoseconds, is read again: it may be changed
/// once more without its stamp telling, because clocks of file systems tick slowly.
const RECENTLY_NS: u64 = 2_000_000_000;

/// A folder that was listed longer ago than this, in milliseconds, is listed again whatever its stamp: some file systems, those over object
/// stores above all, give folders one that never changes.
const LISTED_MS: u64 = 10_000;

/// What was in the folder when it was read.
#[derive(Debug, Default)]
pub struct Folder {
    /// The documents.
    pub texts: Texts,
    /// Files that should be documents and cannot be read, each with the reason.
    pub unreadable: BTreeMap<String, String>,
    /// What lies there and is no document, by path.
    pub ignored: Vec<String>,
    stamps: BTreeMap<String, Seen>,
    lists: BTreeMap<String, List>,
}

/// What is in a folder.
#[derive(Clone, Debug)]
struct List {
    seen: Seen,
    listed_ms: u64,
    names: Vec<String>,
}

/// What told that a file or a folder is as it was.
#[derive(Clone, Copy, Debug)]
struct Seen {
    stamp: Stamp,
    /// Whether the stamp tells nothing, because it had just been changed.
    recent: bool,
}

impl Seen {
    fn new(stamp: Stamp, now_ms: u64) -> Self {
        let recent = stamp.modified_ns.saturating_add(RECENTLY_NS) > now_ms.saturating_mul(1_000_000);
        Self { stamp, recent }
    }

    /// Whether nothing can have changed since this was seen.
    fn is_still(&self, stamp: Stamp) -> bool {
        self.stamp == stamp && !self.recent
    }
}

impl Folder {
    /// Reads the folder. Files whose stamps are what they were `before` are not read again, and folders not listed: the stamp of
    /// a folder changes with what is in it, if not with what that says. On Spin a listing costs as much as fifty stamps.
    ///
    /// # Errors
    ///
    /// A folder cannot be listed. Then nothing is known, least of all that documents are gone.
    pub fn read(files: &dyn Files, before: Option<&Self>, now_ms: u64) -> Result<Self, String> {
        let mut folder = Self::default();
        let mut texts = Vec::new();
        for path in folder.paths(files, before, now_ms)? {
            let Some(place) = Place::of(&path) else {
                folder.ignored.push(path);
                continue;
            };
            match folder.text(files, &path, &place, before, now_ms) {
                Ok(text) => texts.push((path, text)),
                Err(why) => _ = folder.unreadable.insert(path, why),
            }
        }
        folder.texts = texts.into_iter().collect();
        Ok(folder)
    }

    /// Whether somebody may still be changing it: a file was changed within so many milliseconds, or it cannot be told when.
    pub fn changed_within(&self, ms: u64, now_ms: u64) -> bool {
        let since_ns = now_ms.saturating_sub(ms).saturating_mul(1_000_000);
        self.stamps.values().any(|seen| seen.stamp.modified_ns >= since_ns)
    }

    /// The version of every document; of one that cannot be read, `""`.
    pub fn manifest(&self) -> Manifest {
        let mut manifest = self.texts.manifest();
        manifest.extend(self.unreadable.keys().map(|path| (path.clone(), String::new())));
        manifest
    }

    fn text(
        &mut self,
        files: &dyn Files,
        path: &str,
        place: &Place,
        before: Option<&Self>,
        now_ms: u64,
    ) -> Result<Text, String> {
        let stamp = files.stamp(path)?;
        let most = place.most_bytes();
        if stamp.bytes > most {
            return Err(format!("is {} bytes large; at most {most} are allowed", stamp.bytes));
        }
        let same = before.and_then(|before| {
            before.stamps.get(path).filter(|seen| seen.is_still(stamp))?;
            before.texts.get(path).cloned()
        });
        self.stamps.insert(path.to_owned(), Seen::new(stamp, now_ms));
        match same {
            Some(text) => Ok(text),
            None => files.read(path).map(|text| Text::new(&text)),
        }
    }

    /// Every file that is where documents are, and whatever else lies at the top.
    fn paths(&mut self, files: &dyn Files, before: Option<&Self>, now_ms: u64) -> Result<Vec<String>, String> {
        let mut list = |folder: &str, stamp: Option<Stamp>| self.list(files, folder, stamp, before, now_ms);
        let mut paths = Vec::new();
        for folder in list("", files.stamp("").ok())? {
            if !FOLDERS.contains(&&*folder) {
                paths.push(folder);
                continue;
            }
            for name in list(&folder, files.stamp(&folder).ok())? {
                let path = format!("{folder}/{name}");
                if folder != OF_CITIES {
                    paths.push(path);
                    continue;
                }
                // What cannot be looked at is listed: either that fails as well, or it is the folder of a city.
                let stamp = files.stamp(&path).ok();
                if stamp.is_none_or(|stamp| stamp.is_folder) {
                    paths.extend(list(&path, stamp)?.into_iter().map(|name| format!("{path}/{name}")));
                } else {
                    paths.push(path);
                }
            }
        }
        Ok(paths)
    }

    /// What is in a folder, in order. Its stamp is from before.
    fn list(
        &mut self,
        files: &dyn Files,
        folder: &str,
        stamp: Option<Stamp>,
        before: Option<&Self>,
        now_ms: u64,
    ) -> Result<Vec<String>, String> {
        let same = before.zip(stamp).and_then(|(before, stamp)| {
            let list = before.lists.get(folder)?;
            // The clock may have been put back.
            let is_fresh = now_ms.checked_sub(list.listed_ms).is_some_and(|age_ms| age_ms < LISTED_MS);
            (is_fresh && list.seen.is_still(stamp)).then(|| (list.names.clone(), list.listed_ms))
        });
        let (names, listed_ms) = match same {
            Some(same) => same,
            None => {
                let listed = files.list(folder);
                let mut names = listed.map_err(|why| format!("the folder {folder:?} cannot be listed: {why}"))?;
                names.sort();
                (names, now_ms)
            }
        };
        if let Some(stamp) = stamp {
            let list = List { seen: Seen::new(stamp, now_ms), listed_ms, names: names.clone() };
            self.lists.insert(folder.to_owned(), list);
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::cell::{Cell, RefCell};

    /// Files in memory: what they say, and when they were changed.
    #[derive(Default)]
    struct Files {
        files: RefCell<BTreeMap<String, (String, u64)>>,
        broken: Cell<bool>,
        reads: Cell<u32>,
        lists: RefCell<Vec<String>>,
    }

    impl Files {
        fn of(files: &[(&str, &str)]) -> Self {
            let all = Self::default();
            files.iter().for_each(|(path, text)| all.put(path, text, 0));
            all
        }

        fn put(&self, path: &str, text: &str, modified_ns: u64) {
            self.files.borrow_mut().insert(path.to_owned(), (text.to_owned(), modified_ns));
        }
    }

    impl crate::ports::Files for Files {
        fn list(&self, folder: &str) -> Result<Vec<String>, String> {
            if self.broken.get() && folder == "cards/110000" {
                return Err("too many open files".to_owned());
            }
            self.lists.borrow_mut().push(folder.to_owned());
            let files = self.files.borrow();
            let inside = |path: &String| {
                let name = if folder.is_empty() { path } else { path.strip_prefix(folder)?.strip_prefix('/')? };
                name.split('/').next().map(str::to_owned)
            };
            let mut names: Vec<_> = files.keys().filter_map(inside).collect();
            names.dedup();
            Ok(names)
        }

        fn stamp(&self, path: &str) -> Result<Stamp, String> {
            let files = self.files.borrow();
            let stamp = |(text, modified_ns): &(String, u64)| {
                let bytes = u64::try_from(text.len()).unwrap();
                Stamp { is_folder: false, bytes, modified_ns: *modified_ns }
            };
            // A folder changes when something is put into it, which is the youngest of it here.
            let within = if path.is_empty() { String::new() } else { format!("{path}/") };
            let youngest =
                || files.iter().filter(|(other, _)| other.starts_with(&within)).map(|(_, (_, at))| *at).max();
            let folder = || youngest().map(|modified_ns| Stamp { is_folder: true, bytes: 0, modified_ns });
            files.get(path).map(stamp).or_else(folder).ok_or_else(|| "cannot be read: not found".to_owned())
        }

        fn read(&self, path: &str) -> Result<String, String> {
            self.reads.set(self.reads.get() + 1);
            Ok(self.files.borrow()[path].0.clone())
        }
    }

    fn shown(folder: &Folder) -> String {
        let texts = folder.texts.iter().map(|(path, text)| format!("{path} = {}", text.text));
        let unreadable = folder.unreadable.iter().map(|(path, why)| format!("{path} {why}"));
        let ignored = folder.ignored.iter().map(|path| format!("({path})"));
        texts.chain(unreadable).chain(ignored).collect::<Vec<_>>().join("\n")
    }

    /// What is no document is listed and otherwise ignored; a document that is too large is told by name and limit.
    #[test]
    fn documents_and_others() {
        let large = "x".repeat(300_000);
        let files = Files::of(&[
            ("README", "hello"),
            ("cards/110000/express.passenger.json", "card"),
            ("cards/110000/express.passenger.json~", "old card"),
            ("cards/NOTES", "hello"),
            ("cards/bad city/express.passenger.json", "card"),
            ("copy/zh-CN.ftl", "copy"),
            ("policies/default.json", &large),
            ("secrets/key", "x"),
        ]);
        let folder = Folder::read(&files, None, 0).unwrap();
        let expected = "cards/110000/express.passenger.json = card
copy/zh-CN.ftl = copy
policies/default.json is 300000 bytes large; at most 262144 are allowed
(README)
(cards/110000/express.passenger.json~)
(cards/NOTES)
(cards/bad city/express.passenger.json)
(secrets)";
        assert_eq!(shown(&folder), expected);
    }

    /// A file that is as it was is not read again, unless it had just been changed when it was read; and a change is seen.
    #[test]
    fn unchanged_files_are_not_read_again() {
        let files = Files::of(&[("copy/a.ftl", "a"), ("copy/b.ftl", "b")]);
        let second = 1_000_000_000;
        files.put("copy/b.ftl", "b", 99 * second);
        let folder = Folder::read(&files, None, 100_000).unwrap();
        assert_eq!(files.reads.replace(0), 2);
        // Within one tick of the file system's clock, and of the same length.
        files.put("copy/b.ftl", "c", 99 * second);
        let folder = Folder::read(&files, Some(&folder), 102_000).unwrap();
        assert_eq!((files.reads.replace(0), &*shown(&folder)), (1, "copy/a.ftl = a\ncopy/b.ftl = c"));
        let folder = Folder::read(&files, Some(&folder), 102_500).unwrap();
        assert_eq!(files.reads.replace(0), 0);
        files.put("copy/a.ftl", "d", 102 * second);
        let folder = Folder::read(&files, Some(&folder), 103_000).unwrap();
        assert_eq!((files.reads.replace(0), &*shown(&folder)), (1, "copy/a.ftl = d\ncopy/b.ftl = c"));
    }

    /// A folder that is as it was is not listed again, unless something had just been put into it; and what is new is seen.
    #[test]
    fn unchanged_folders_are_not_listed_again() {
        let second = 1_000_000_000;
        let files = Files::of(&[("cards/a/x.driver.json", "x"), ("copy/a.ftl", "a")]);
        files.put("copy/b.ftl", "b", 99 * second);
        let lists = || files.lists.take().join(" ");
        let folder = Folder::read(&files, None, 100_000).unwrap();
        assert_eq!(lists(), " cards cards/a copy");
        let folder = Folder::read(&files, Some(&folder), 102_000).unwrap();
        assert_eq!(lists(), " copy", "those that had just been changed");
        let folder = Folder::read(&files, Some(&folder), 102_500).unwrap();
        assert_eq!((&*lists(), folder.texts.iter().count()), ("", 3));
        files.put("cards/b/x.driver.json", "x", 103 * second);
        let folder = Folder::read(&files, Some(&folder), 104_000).unwrap();
        assert_eq!((&*lists(), folder.texts.iter().count()), (" cards cards/b", 4));
        // A file system whose folders never change.
        files.put("copy/c.ftl", "c", 0);
        let folder = Folder::read(&files, Some(&folder), 109_999).unwrap();
        assert_eq!((&*lists(), folder.texts.iter().count()), (" cards cards/b", 4));
        let folder = Folder::read(&files, Some(&folder), 112_000).unwrap();
        assert_eq!((&*lists(), folder.texts.iter().count()), ("cards/a copy", 5));
    }

    /// A folder that cannot be listed does not look like one whose documents are gone.
    #[test]
    fn failing_is_not_absence() {
        let files = Files::of(&[("cards/110000/express.passenger.json", "card")]);
        files.broken.set(true);
        let why = Folder::read(&files, None, 0).unwrap_err();
        assert_eq!(why, "the folder \"cards/110000\" cannot be listed: too many open files");
    }
}
