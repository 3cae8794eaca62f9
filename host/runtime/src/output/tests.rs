#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use std::fs::File;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The process that panics, in a thread as requests have, and goes on.
#[test]
#[ignore = "run by the test below"]
fn panics() {
    tell_panics();
    for number in 0..3 {
        let thread = thread::Builder::new().name("worker".to_owned()).spawn(move || panic!("on purpose, {number}"));
        assert!(thread.unwrap().join().is_err());
    }
    flush();
}

/// A panic is told where somebody listens, and ends no more than its thread where nobody does.
#[test]
fn a_panic_ends_its_thread_at_most() {
    let (dead, stuck, good) = (std::io::pipe().unwrap(), std::io::pipe().unwrap(), std::io::pipe().unwrap());
    drop(dead.0);
    let mut full_pipe = stuck.1;
    full_pipe.write_all(&[b'\n'; 64 * 1024]).unwrap();
    let full_disk = File::options().write(true).open("/dev/full").unwrap();
    let table: [(&str, Stdio); 4] =
        [("dead", dead.1.into()), ("stuck", full_pipe.into()), ("full", full_disk.into()), ("good", good.1.into())];
    for (what, error) in table {
        let start = Instant::now();
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["output::tests::panics", "--exact", "--ignored", "--nocapture"])
            .env_remove("RUST_BACKTRACE")
            .stdout(Stdio::null())
            .stderr(error)
            .status();
        assert!(status.unwrap().success(), "{what}");
        assert!(start.elapsed() < Duration::from_secs(5), "{what}: {:?}", start.elapsed());
    }
    let (mut good, mut told) = (good.0, String::new());
    good.read_to_string(&mut told).unwrap();
    for number in 0..3 {
        let line = format!("on purpose, {number}\n");
        assert!(told.contains("thread 'worker' panicked at ") && told.contains(&line), "{told}");
    }
}
