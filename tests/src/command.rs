//! The command `farebox`, as somebody who runs it by hand sees it.

use farebox_kit::artifacts;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// Runs it in the repository: its exit code, and what it says, on whichever stream.
///
/// # Panics
///
/// When it cannot be run.
pub fn farebox(arguments: &[&str]) -> (Option<i32>, String) {
    farebox_given(arguments, "")
}

/// The same, with this on its standard input.
///
/// # Panics
///
/// When it cannot be run.
pub fn farebox_given(arguments: &[&str], stdin: &str) -> (Option<i32>, String) {
    let mut command = Command::new(artifacts::farebox());
    command.args(arguments).current_dir(artifacts::repository());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("the command can be run");
    // One that does not read it may be over already.
    _ = process.stdin.take().map(|mut input| input.write_all(stdin.as_bytes()));
    let Output { status, stdout, stderr } = process.wait_with_output().expect("the command ends");
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}
