//! Where the things under test are. `./x build` makes them.

use std::path::{Path, PathBuf};

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("tests/kit lies in the repository").to_owned()
}

/// Copies the configuration that ships into a folder, so that a test may change it.
///
/// # Panics
///
/// When it cannot be copied.
pub fn copy_configuration(folder: &Path) {
    copy(&repository().join("config"), folder);
}

/// Makes a folder the application's: with a copy of its manifest and configuration, an archive that is empty, and what was built.
///
/// # Panics
///
/// When something cannot be made there.
pub fn lay_out_application(folder: &Path) {
    std::os::unix::fs::symlink(repository().join("target"), folder.join("target")).expect("a link");
    std::fs::create_dir_all(folder.join("deploy/archive")).expect("a folder");
    std::fs::copy(repository().join("spin.toml"), folder.join("spin.toml")).expect("a copy of the manifest");
    copy_configuration(&folder.join("config"));
}

fn copy(from: &Path, to: &Path) {
    let fails = |error: std::io::Error| -> ! { panic!("{}: {error}", from.display()) };
    std::fs::create_dir_all(to).unwrap_or_else(|error| fails(error));
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| fails(error)).filter_map(Result::ok) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(from, to).unwrap_or_else(|error| fails(error));
        }
    }
}

/// A component by name: "pricing".
///
/// # Panics
///
/// When it was not built.
pub fn component(name: &str) -> PathBuf {
    built(format!("target/wasm32-wasip2/component/farebox_{name}.wasm"))
}

/// The `farebox` command.
///
/// # Panics
///
/// When it was not built.
pub fn farebox() -> PathBuf {
    // A bench measures what ships, which is built apart.
    std::env::var_os("FAREBOX_BENCHED").map_or_else(|| built("target/release/farebox".to_owned()), PathBuf::from)
}

/// A rate card by its place in the configuration: "110000/express.passenger".
///
/// # Panics
///
/// When there is none.
pub fn card(name: &str) -> String {
    let path = repository().join("config/cards").join(format!("{name}.json"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of all rate cards in the configuration, sorted.
///
/// # Panics
///
/// When they cannot be read.
pub fn card_names() -> Vec<String> {
    let directory = repository().join("config/cards");
    let list = |directory: PathBuf| {
        let entries = directory.read_dir().unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        entries.map(|entry| entry.expect("a readable directory").path())
    };
    let name = |path: PathBuf| {
        let name = path.strip_prefix(&directory).ok()?.to_str()?.strip_suffix(".json")?;
        Some(name.to_owned())
    };
    let mut names: Vec<String> = list(directory.clone()).flat_map(list).filter_map(name).collect();
    names.sort();
    names
}

fn built(path: String) -> PathBuf {
    let path = repository().join(path);
    assert!(path.exists(), "{} is missing: run ./x build first", path.display());
    path
}
