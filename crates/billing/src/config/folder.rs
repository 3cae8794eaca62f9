//! The folder of the configuration, read whole.

use super::place::{FOLDERS, OF_CITIES, Place};
use super::texts::{Manifest, Text, Texts};
use crate::ports::{Files, Stamp};
use std::collections::BTreeMap;

/// A file that was changed more recently than this before it was read, in nanoseconds, is read again: it may be changed
/// once more without its stamp telling, because clocks of file systems tick slowly.
const RECENTLY_NS: u64 = 2_000_000_000;

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
}

/// What told that a file is as it was.
#[derive(Debug)]
struct Seen {
    stamp: Stamp,
    /// Whether the stamp tells nothing, because the file had just been changed.
    recent: bool,
}

impl Folder {
    /// Reads the folder. Files whose stamps are what they were `before` are not read again.
    ///
    /// # Errors
    ///
    /// A folder cannot be listed. Then nothing is known, least of all that documents are gone.
    pub fn read(files: &dyn Files, before: Option<&Self>, now_ms: u64) -> Result<Self, String> {
        let mut folder = Self::default();
        let mut texts = Vec::new();
        for path in paths(files)? {
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
        let recent = stamp.modified_ns.saturating_add(RECENTLY_NS) > now_ms.saturating_mul(1_000_000);
        let same = before.and_then(|before| {
            before.stamps.get(path).filter(|seen| seen.stamp == stamp && !seen.recent)?;
            before.texts.get(path).cloned()
        });
        self.stamps.insert(path.to_owned(), Seen { stamp, recent });
        match same {
            Some(text) => Ok(text),
            None => files.read(path).map(|text| Text::new(&text)),
        }
    }
}

/// Every file that is where documents are, and whatever else lies at the top.
fn paths(files: &dyn Files) -> Result<Vec<String>, String> {
    let list = |folder: &str| {
        let mut names = files.list(folder).map_err(|why| format!("the folder {folder:?} cannot be listed: {why}"))?;
        names.sort();
        Ok::<_, String>(names)
    };
    let mut paths = Vec::new();
    for folder in list("")? {
        if !FOLDERS.contains(&&*folder) {
            paths.push(folder);
            continue;
        }
        for name in list(&folder)? {
            let path = format!("{folder}/{name}");
            // What cannot be looked at is listed: either that fails as well, or it is the folder of a city.
            let is_folder = folder == OF_CITIES && files.stamp(&path).map_or(true, |stamp| stamp.is_folder);
            if is_folder {
                paths.extend(list(&path)?.into_iter().map(|name| format!("{path}/{name}")));
            } else {
                paths.push(path);
            }
        }
    }
    Ok(paths)
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
            let folder = || files.keys().any(|other| other.starts_with(&format!("{path}/")));
            let none = || folder().then_some(Stamp { is_folder: true, bytes: 0, modified_ns: 0 });
            files.get(path).map(stamp).or_else(none).ok_or_else(|| "cannot be read: not found".to_owned())
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

    /// A folder that cannot be listed does not look like one whose documents are gone.
    #[test]
    fn failing_is_not_absence() {
        let files = Files::of(&[("cards/110000/express.passenger.json", "card")]);
        files.broken.set(true);
        let why = Folder::read(&files, None, 0).unwrap_err();
        assert_eq!(why, "the folder \"cards/110000\" cannot be listed: too many open files");
    }
}
