//! `farebox keys`: what an operator sees, and what becomes of the file whatever goes wrong.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stderr, reason = "what is printed here is for whoever runs a test")]

use farebox_access::{Document, MasterKey, MasterKeys};
use farebox_kit::artifacts::farebox;
use serde_json::Value;
use std::fs::{self, File, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// 32 bytes in base64, made up.
const MASTER: &str = "bWFzdGVyLW1hc3Rlci1tYXN0ZXItbWFzdGVyLW1hc3Q=";
const OTHER: &str = "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3Q=";

/// A configuration in which there are keys, or none yet.
struct Place {
    folder: TempDir,
    master: &'static str,
    previous: &'static str,
}

struct Said {
    code: i32,
    out: String,
    error: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), out: text(output.stdout), error: text(output.stderr) }
    }
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), master: MASTER, previous: "" }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("keys.json")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(farebox());
        command.arg("keys").args(arguments.split_whitespace()).arg("--config").arg(self.folder.path());
        command.env("FAREBOX_MASTER_KEY", self.master).env("FAREBOX_PREVIOUS_MASTER_KEYS", self.previous);
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &str) -> Said {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs what has to succeed.
    fn done(&self, arguments: &str) -> Said {
        let said = self.run(arguments);
        assert_eq!(said.code, 0, "{arguments}: {}", said.error);
        said
    }

    /// Runs what has to fail, and changes nothing.
    fn refused(&self, arguments: &str) -> String {
        let before = fs::read(self.path()).ok();
        let said = self.run(arguments);
        assert!(said.code != 0 && said.out.is_empty(), "{arguments}: {}{}", said.out, said.error);
        assert_eq!(fs::read(self.path()).ok(), before, "{arguments}");
        self.has_nothing_else();
        said.error.replace(self.folder.path().to_str().unwrap(), "config")
    }

    fn create(&self, id: &str) -> String {
        self.done(&format!("create {id} --scope bill --scope read --city 110000")).out.trim().to_owned()
    }

    fn open(&self, master: &str) -> Option<Document> {
        Document::open(&self.text(), &MasterKeys::of(MasterKey::parse(master).unwrap())).ok()
    }

    /// The secrets of a key, the older first.
    fn secrets(&self, id: &str) -> Vec<String> {
        let document = self.open(self.master).unwrap();
        let entry = document.entries.into_iter().find(|entry| entry.id == id).unwrap();
        entry.secrets.iter().map(|held| held.secret.reveal()).collect()
    }

    fn has_nothing_else(&self) {
        let names = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let others: Vec<_> = names.filter(|name| name != "keys.json" && name != "ballast").collect();
        assert!(others.is_empty(), "{others:?}");
    }
}

/// A key is made, listed, given a new secret with the old one going on and without, and withdrawn. Each secret is told once, on the
/// standard output and nowhere else, and is what is sealed.
#[test]
fn the_life_of_a_key() {
    let place = Place::new();
    let said = place.run("list");
    assert!(said.code == 0 && said.out.is_empty() && said.error.contains("there are no keys; `farebox keys create`"));
    let mut command =
        place.command("create dispatch --scope read --scope bill --scope read --city 120000 --city 110000");
    let made: Said = command.args(["--note", "Dispatch, in the north"]).output().unwrap().into();
    assert_eq!(made.code, 0, "{}", made.error);
    assert!(made.error.contains("made the key \"dispatch\"") && made.error.contains("is not shown again"));
    let first = made.out.trim().to_owned();
    assert_eq!((first.len(), made.out.lines().count()), (44, 1));
    assert_eq!(place.secrets("dispatch"), [&*first]);
    let row = "dispatch  bill read  110000 120000  ";
    let listed = place.done("list").out;
    assert!(listed.contains(row) && listed.contains("  -      in-force  Dispatch, in the north\n"), "{listed}");

    let turned = place.done("rotate dispatch --overlap 1h --json");
    let told: Value = serde_json::from_str(&turned.out).unwrap();
    let second = told["secret"].as_str().unwrap().to_owned();
    assert!(told["id"] == "dispatch" && turned.error.contains("the one before counts until 20"), "{}", turned.error);
    assert_eq!(place.secrets("dispatch"), [&*first, &*second]);
    let listed: Value = serde_json::from_str(&place.done("list --json").out).unwrap();
    let key = &listed["keys"][0];
    assert!(key["secrets"][0]["until"].is_string() && key["secrets"][1]["until"].is_null(), "{listed}");
    assert_eq!(key["state"], "in-force");
    assert!(place.refused("rotate dispatch").contains("has 2 secrets already, until 20"));

    let turned = place.done("rotate dispatch --overlap 0");
    let third = turned.out.trim().to_owned();
    assert!(turned.error.contains("no other counts any more"), "{}", turned.error);
    assert_eq!(place.secrets("dispatch"), [&*third]);
    assert!(first != second && second != third);

    let ended = place.done("revoke dispatch");
    assert!(ended.out.is_empty() && ended.error.contains("is revoked, for good"), "{}", ended.error);
    let after = place.done("list");
    assert!(after.out.contains("revoked 20"), "{}", after.out);
    let everything = [&made.error, &turned.error, &ended.error, &listed.to_string(), &after.out, &place.text()];
    for secret in [&*first, &*second, &*third, MASTER] {
        assert!(everything.iter().all(|text| !text.contains(secret)));
    }
    place.has_nothing_else();
}

/// Whatever is refused says which, why and what would be right, and changes nothing.
#[test]
fn refusals() {
    let mut place = Place::new();
    place.create("dispatch");
    place.create("old");
    place.done("revoke old");
    let mut runs = Vec::new();
    for arguments in [
        "create dispatch --scope bill --city 110000",
        "create old --scope bill --city 110000",
        "create two/words --scope bill --city 110000",
        "create new --scope billing --city 110000",
        "create new --scope bill",
        "create new --scope bill --city a.b",
        "create new --scope bill --city * --city 110000",
        "rotate nobody",
        "rotate old",
        "rotate dispatch --overlap soon",
        "rotate dispatch --overlap -1h",
        "revoke nobody",
        "revoke old",
        "list --master-key-file nowhere",
    ] {
        runs.push(format!("$ farebox keys {arguments}\n{}", place.refused(arguments)));
    }
    for (master, previous, why) in [
        ("", "", "no master key"),
        (OTHER, "", "another master key"),
        ("c2hvcnQ=", "", "half a master key"),
        (MASTER, "hunter2", "a previous one that is none"),
    ] {
        (place.master, place.previous) = (master, previous);
        runs.push(format!("$ farebox keys revoke dispatch   ({why})\n{}", place.refused("revoke dispatch")));
    }
    // The list needs none, and says so when there is one and the file was not sealed with it.
    (place.master, place.previous) = (OTHER, "");
    let said = place.run("list");
    assert!(said.code == 1 && said.out.starts_with("key ") && said.error.contains("/sealed: does not open"));
    place.master = "";
    place.done("list");
    insta::assert_snapshot!(runs.join("\n"));

    place.master = MASTER;
    let changed = place.text().replace("\"read\"", "\"operate\"");
    fs::write(place.path(), changed).unwrap();
    assert!(place.refused("revoke dispatch").contains("changed by other means than `farebox keys`"));
    fs::write(place.path(), "{").unwrap();
    assert!(place.refused("revoke dispatch").contains("keys.json has 1 problem"));
    let gone = Place { folder: TempDir::with_prefix("gone").unwrap(), ..place };
    fs::remove_dir(gone.folder.path()).unwrap();
    let said = gone.run("create a --scope bill --city 110000");
    assert!(said.code == 1 && said.error.contains("there is no folder"), "{}", said.error);
}

/// A key for a city that there is not is good for nothing, and looks as if it were: it is refused with those that there are, unless it
/// is said that it is meant. What is given twice counts once, and is told once.
#[test]
fn cities_that_there_are_not() {
    let place = Place::new();
    for path in
        ["cards/110000/express.passenger.json", "cards/120000/taxi.driver.2027-01-01.json", "cards/130000/note.txt"]
    {
        let path = place.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "{}").unwrap();
    }
    for (cities, unknown) in [("--city 11000", "11000"), ("--city 110000 --city 130000 --city x", "130000, x")] {
        let said = place.run(&format!("create a --scope read {cities}"));
        assert!(said.code == 1 && said.out.is_empty() && !place.path().exists(), "{cities}: {}", said.error);
        let expected = format!(" has no rate cards of {unknown}; there are some of 110000, 120000. ");
        assert!(said.error.contains(&expected) && said.error.contains("--without-cards"), "{cities}: {}", said.error);
    }
    let said = place.done("create a --scope read --scope read --city 120000 --city 110000 --city 120000");
    assert!(said.error.contains("made the key \"a\", for read in 110000, 120000\n"), "{}", said.error);
    let said = place.done("create b --scope read --city *");
    assert!(said.error.contains("for read in all cities\n"), "{}", said.error);
    place.done("create c --scope read --city 130000 --without-cards");
}

/// A master key that is made opens what was sealed under it, from a variable and from a file; one that was before goes on opening, and
/// with the next change it is not needed any more.
#[test]
fn master_keys() {
    let made = |name: &str, folder: &Path| {
        let output = Command::new(farebox()).args(["keys", "master"]).output().unwrap();
        let said = Said::from(output);
        assert!(said.code == 0 && said.error.is_empty());
        let path = folder.join(name);
        fs::write(&path, &said.out).unwrap();
        (said.out.trim().to_owned(), path)
    };
    let keys = tempfile::tempdir().unwrap();
    let ((first, first_file), (second, second_file)) = (made("first", keys.path()), made("second", keys.path()));
    assert_ne!(first, second);
    let place = Place { master: "", ..Place::new() };
    let with = |file: &Path| format!("--master-key-file {}", file.display());
    place.done(&format!("create a --scope bill --city * {}", with(&first_file)));
    assert!(place.open(&first).is_some() && place.open(&second).is_none());
    let before = place.refused(&format!("revoke a {}", with(&second_file)));
    assert!(before.contains("/sealed: does not open") && before.contains("FAREBOX_PREVIOUS_MASTER_KEYS"), "{before}");
    let mut command = place.command(&format!("rotate a {}", with(&second_file)));
    let said: Said = command.env("FAREBOX_PREVIOUS_MASTER_KEYS", format!("{OTHER} {first}")).output().unwrap().into();
    assert!(said.code == 0 && said.error.contains("was sealed under a previous master key"), "{}", said.error);
    assert!(place.open(&first).is_none() && place.open(&second).is_some());
}

/// Many who make keys at once lose none of them.
#[test]
fn many_at_once() {
    let place = Place::new();
    let ids: Vec<String> = (0..12).map(|number| format!("key-{number}")).collect();
    let start = |id: &String| {
        let mut command = place.command(&format!("create {id} --scope read --city *"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = ids.iter().map(start).collect();
    for (id, child) in ids.iter().zip(children) {
        let said = Said::from(child.wait_with_output().unwrap());
        assert_eq!(said.code, 0, "{}", said.error);
        assert_eq!(place.secrets(id), [said.out.trim()]);
    }
    place.has_nothing_else();
}

/// A file that somebody edits who knows of no locks is not written over; and while a secret is being told, nothing has changed.
#[test]
fn edits_meanwhile_are_kept() {
    let place = Place::new();
    place.create("a");
    let before = place.text();
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    // What a pipe of Linux holds: the secret has to wait.
    writer.write_all(&[b'\n'; 64 * 1024]).unwrap();
    let mut command = place.command("rotate a --overlap 0");
    let child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    drop(command);
    let deadline = Instant::now() + Duration::from_secs(10);
    while fs::read_dir(place.folder.path()).unwrap().count() < 2 {
        assert!(Instant::now() < deadline, "nothing lies beside the file");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(place.text(), before);
    fs::write(place.path(), format!("{before}\n")).unwrap();
    let mut told = String::new();
    reader.read_to_string(&mut told).unwrap();
    let said = Said::from(child.wait_with_output().unwrap());
    assert!(said.code == 1 && said.error.contains("was changed by somebody else meanwhile"), "{}", said.error);
    assert_eq!(place.text(), format!("{before}\n"));
    place.has_nothing_else();
}

/// A secret that cannot be told is not made: the one that was goes on counting.
#[test]
fn what_cannot_be_told_is_not_made() {
    let place = Place::new();
    place.create("a");
    let before = place.text();
    for arguments in ["create b --scope bill --city *", "rotate a --overlap 0", "rotate a --json"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let said: Said = place.command(arguments).stdout(full).output().unwrap().into();
        assert!(said.code == 1 && said.error.contains("cannot write to the standard output"), "{}", said.error);
        let (reader, dead) = std::io::pipe().unwrap();
        drop(reader);
        let said: Said = place.command(arguments).stdout(dead).output().unwrap().into();
        assert_eq!((said.code, &*said.error), (141, ""));
        // As one is that is closed: programs are given this in its place.
        let said: Said = place.command(arguments).stdout(Stdio::null()).output().unwrap().into();
        assert!(said.code == 1 && said.error.contains("nobody would know the secret"), "{}", said.error);
        assert_eq!(place.text(), before, "{arguments}");
        place.has_nothing_else();
    }
}

/// Who may read the file stays as it was, and a link stays a link.
#[test]
fn permissions_and_links_are_kept() {
    let place = Place::new();
    place.create("a");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.path()), 0o644);
    fs::set_permissions(place.path(), Permissions::from_mode(0o640)).unwrap();
    let is_root = fs::metadata(place.path()).unwrap().uid() == 0;
    if is_root {
        std::os::unix::fs::chown(place.path(), Some(65_534), Some(65_534)).unwrap();
    }
    place.create("b");
    assert_eq!(mode(&place.path()), 0o640);
    if is_root {
        let about = fs::metadata(place.path()).unwrap();
        assert_eq!((about.uid(), about.gid()), (65_534, 65_534));
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("the-keys");
    fs::rename(place.path(), &target).unwrap();
    symlink(&target, place.path()).unwrap();
    place.create("c");
    assert!(fs::symlink_metadata(place.path()).unwrap().is_symlink());
    assert!(fs::read_to_string(&target).unwrap().contains("\"c\""));
    assert_eq!(place.open(MASTER).unwrap().entries.len(), 3);
}

/// A disk in memory. Unmounted when dropped.
struct Disk(PathBuf);

impl Disk {
    /// `None` where a test may not mount anything.
    fn mount(path: &Path) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "farebox-test"]).arg(path).output();
        let mounted = mounted.is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("nothing can be mounted here: what a full or read-only disk does to keys was not tested");
        }
        mounted.then(|| Self(path.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

const CHANGES: [&str; 3] = ["create b --scope bill --city *", "rotate a --overlap 0", "revoke a"];

/// On a disk that is full, and on one that is read-only, keys are as they were, and what to do is said.
#[test]
fn disks_that_take_nothing() {
    let place = Place::new();
    let Some(disk) = Disk::mount(place.folder.path()) else { return };
    place.create("a");
    let ballast = place.folder.path().join("ballast");
    let mut file = File::create(&ballast).unwrap();
    while file.write_all(&[0; 512]).is_ok() {}
    drop(file);
    for arguments in CHANGES {
        let said = place.refused(arguments);
        let why = "cannot write config/keys.json, and nothing is changed; see that config can be written to";
        assert!(said.contains(why) && said.contains("No space left"), "{said}");
    }
    fs::remove_file(ballast).unwrap();
    place.create("b");
    let read_only = Command::new("mount").args(["-o", "remount,ro"]).arg(&disk.0).status().unwrap();
    assert!(read_only.success());
    for arguments in ["create c --scope bill --city *", "revoke a"] {
        let said = place.refused(arguments);
        assert!(said.contains("nothing is changed") && said.contains("Read-only file system"), "{said}");
    }
    assert_eq!(place.open(MASTER).unwrap().entries.len(), 2);
}

/// In a folder that may not be written to, keys are as they were. Administrators may write everywhere, so that one is somebody else.
#[test]
fn folders_that_may_not_be_written_to() {
    use std::os::unix::process::CommandExt as _;
    let place = Place::new();
    place.create("a");
    let before = place.text();
    let is_root = fs::metadata(place.path()).unwrap().uid() == 0;
    fs::set_permissions(place.folder.path(), Permissions::from_mode(0o555)).unwrap();
    for arguments in CHANGES {
        let mut command = place.command(arguments);
        if is_root {
            command.uid(65_534).gid(65_534);
        }
        let output = match command.output() {
            Ok(output) => output,
            Err(error) => {
                eprintln!("nobody else can run farebox here, so this was not tested: {error}");
                break;
            }
        };
        let said = Said::from(output);
        assert!(said.code == 1 && said.out.is_empty() && said.error.contains("Permission denied"), "{}", said.error);
        assert!(said.error.contains("nothing is changed; see that"), "{}", said.error);
        assert_eq!(place.text(), before);
    }
    fs::set_permissions(place.folder.path(), Permissions::from_mode(0o755)).unwrap();
    place.has_nothing_else();
}

/// What the command line says of itself.
#[test]
fn help() {
    let helps = ["keys --help", "keys create --help", "keys list --help", "keys rotate --help", "request --help"];
    let run = |arguments: &str| {
        let said: Said = Command::new(farebox()).args(arguments.split_whitespace()).output().unwrap().into();
        assert_eq!(said.code, 0);
        format!("$ farebox {arguments}\n{}", said.out)
    };
    insta::assert_snapshot!(helps.map(run).join("\n"));
}
