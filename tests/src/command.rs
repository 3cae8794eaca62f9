//! The command `farebox`, as somebody who runs it by hand sees it.

use farebox_kit::artifacts;
use std::process::{Command, Output};

/// Runs it in the repository: its exit code, and what it says, on whichever stream.
///
/// # Panics
///
/// When it cannot be run.
pub fn farebox(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(artifacts::farebox());
    let output = command.args(arguments).current_dir(artifacts::repository()).output();
    let Output { status, stdout, stderr } = output.expect("the command can be run");
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}
